"""What `check` takes from others: the data of caniemail, and SpamAssassin's score. No network."""

import json
import pathlib
import subprocess
import tempfile
import unittest

import desk as desks

SPAM = """---
subject: "YOU HAVE WON ONE MILLION DOLLARS!!! ACT NOW $$$"
---

Dear friend, 100% guaranteed, no obligation: click here to claim $1,000,000 now. Viagra, cialis, cheap meds online
pharmacy, lose weight fast, no credit check, refinance your home now. This is not spam.
"""


def said(draft):
    """The findings about a draft, with SpamAssassin asked."""
    run = subprocess.run([desks.BINARY, "--json", "check", draft, "--spam"], capture_output=True, text=True, cwd=desks.ROOT)
    return json.loads(run.stdout)


class Check(unittest.TestCase):
    def test_the_embedded_data_is_what_the_script_makes_of_the_package(self):
        subprocess.run([desks.ROOT / "scripts" / "caniemail", "--check"], check=True)

    def test_a_sample_draft_is_no_spam_and_an_advertisement_is(self):
        sample = [finding for finding in said("drafts/harbour-letter-12.md") if finding["rule"] == "spam-score"]
        self.assertEqual(sample, [])
        with tempfile.TemporaryDirectory() as folder:
            draft = pathlib.Path(folder) / "offer.md"
            draft.write_text(SPAM)
            found = [finding for finding in said(draft) if finding["rule"] == "spam-score"]
        self.assertEqual(len(found), 1)
        self.assertIn(found[0]["severity"], ("warning", "error"))
        self.assertRegex(found[0]["message"], r"gives the letter \d+\.\d points of 5: [A-Z0-9_]+")


if __name__ == "__main__":
    unittest.main()
