// Renders a draft the way each rival's users would: render.mjs DRAFT FOLDER writes FOLDER/NAME.html and, where the rival
// makes one, FOLDER/NAME.txt.
import { readFileSync, writeFileSync } from "node:fs";
import { createElement as h } from "react";
import { Body, Container, Head, Html, Markdown, Preview } from "@react-email/components";
import { render as renderReact, toPlainText } from "@react-email/render";
import { render as renderEmailmd } from "emailmd";
import juice from "juice";
import { marked } from "marked";
import mjml from "mjml";

const [draft, folder] = process.argv.slice(2);
const source = readFileSync(draft, "utf8");
const [, head, body] = source.match(/^---\n(.*?)\n---\n(.*)$/s);
const title = head.match(/^(?:subject|title): *["']?(.*?)["']?$/m)[1];
const preview = head.match(/^(?:preheader|description): *["']?(.*?)["']?$/m)?.[1] ?? "";

// A site's page with a plain stylesheet, as generators make them, through juice.
const page = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>
body { font-family: Georgia, serif; font-size: 18px; line-height: 1.6; color: #222; }
main { max-width: 600px; margin: 0 auto; padding: 24px; }
a { color: #0a5; } pre { background: #f4f4f4; padding: 12px; overflow: auto; }
blockquote { border-left: 4px solid #ddd; margin: 0; padding-left: 16px; }
table { border-collapse: collapse; } th, td { border: 1px solid #ddd; padding: 6px; } img { max-width: 100%; }
</style></head><body><main>${marked.parse(body)}</main></body></html>`;

const emailmd = await renderEmailmd(source);
const react = await renderReact(
  h(Html, { lang: "en" }, h(Head), h(Preview, null, preview || title),
    h(Body, { style: { fontFamily: "sans-serif" } }, h(Container, null, h(Markdown, null, body)))));
const { html: mjmlPage } = await mjml(`<mjml><mj-head><mj-title>${title}</mj-title><mj-preview>${preview}</mj-preview></mj-head>
<mj-body><mj-section><mj-column><mj-text font-size="16px" line-height="1.5">${marked.parse(body)}</mj-text></mj-column></mj-section></mj-body></mjml>`);

const results = {
  emailmd: emailmd, mjml: { html: mjmlPage }, "react-email": { html: react, text: toPlainText(react) }, juice: { html: juice(page) },
};
for (const [name, { html, text }] of Object.entries(results)) {
  writeFileSync(`${folder}/${name}.html`, html);
  if (text) writeFileSync(`${folder}/${name}.txt`, text);
}
