// What a reader view makes of built pages: one JSON line a page, {page, text, pictures}.
// Usage: node readability.mjs ROOT PAGE...   (ROOT holds node_modules)
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const [root, ...pages] = process.argv.slice(2);
const require = createRequire(path.join(root, "package.json"));
const { JSDOM } = require("jsdom");
const { Readability } = require("@mozilla/readability");

for (const page of pages) {
  const dom = new JSDOM(readFileSync(page, "utf8"), { url: "https://book.example/" + page });
  const article = new Readability(dom.window.document).parse();
  const holder = dom.window.document.createElement("div");
  holder.innerHTML = article ? article.content : "";
  const pictures = Array.from(holder.querySelectorAll("img"), (image) => image.getAttribute("alt"));
  const text = holder.textContent.replace(/\s+/g, " ");
  process.stdout.write(JSON.stringify({ page, text, pictures }) + "\n");
  dom.window.close();
}
