// Prints, for every HTML file named, the features that caniemail holds against it.
import { readFileSync } from "node:fs";
import { caniemail } from "caniemail";

// Thunderbird on Windows is left out: the data has holes there, and caniemail stops at the first.
const clients = ["gmail.*", "outlook.*", "apple-mail.*", "yahoo.*", "thunderbird.macos"];
const found = {};
for (const file of process.argv.slice(2)) {
  const { issues } = caniemail({ clients, html: readFileSync(file, "utf8") });
  found[file] = [...new Set([...issues.errors.values()].flat().map((issue) => issue.title))].sort();
}
console.log(JSON.stringify(found));
