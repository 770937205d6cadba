"""Python's smtplib on one connection: smtplib_client.py FOLDER HOST PORT COUNT LANES (of which it uses one)."""

import json
import pathlib
import smtplib
import sys
import time
from email.message import EmailMessage

folder, host, port, count = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
templates = [(folder / name).read_text() for name in ("letter.txt", "letter.html")]


def merged(fields):
    for template in templates:
        for name, value in fields.items():
            template = template.replace("{{%s}}" % name, value)
        yield template


start = time.monotonic()
with smtplib.SMTP(host, port) as smtp:
    for number in map(str, range(count)):
        to = f"reader{number}@example.com"
        text, html = merged({"name": f"Zoë {number}", "city": "Köln", "number": number, "email": to, "nick": number})
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "Tide <tide@example.com>", to, "Tide tables"
        message.set_content(text)
        message.add_alternative(html, subtype="html")
        smtp.send_message(message)
print(json.dumps({"wall": time.monotonic() - start}))
