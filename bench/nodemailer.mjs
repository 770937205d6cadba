// nodemailer's pool: node nodemailer.mjs FOLDER HOST PORT COUNT LANES
import { readFileSync } from "node:fs";
import nodemailer from "nodemailer";

const [folder, host, ...numbers] = process.argv.slice(2);
const [port, count, lanes] = numbers.map(Number);
const templates = ["letter.txt", "letter.html"].map((name) => readFileSync(`${folder}/${name}`, "utf8"));
const pool = nodemailer.createTransport({
  pool: true,
  host,
  port,
  ignoreTLS: true,
  maxConnections: lanes,
  maxMessages: Infinity,
});

let next = 0;
async function lane() {
  while (next < count) {
    const number = String(next++);
    const to = `reader${number}@example.com`;
    const fields = { name: `Zoë ${number}`, city: "Köln", number, email: to, nick: number };
    const merge = (template) =>
      Object.entries(fields).reduce((text, [name, value]) => text.replaceAll(`{{${name}}}`, value), template);
    const [text, html] = templates.map(merge);
    await pool.sendMail({ from: "Tide <tide@example.com>", to, subject: "Tide tables", text, html });
  }
}

const start = performance.now();
await Promise.all(Array.from({ length: lanes }, lane));
console.log(JSON.stringify({ wall: (performance.now() - start) / 1000 }));
pool.close();
