// Leaves in a style sheet what some page can use. Standard input: JSON {css, words, keep}; standard
// output: the style sheet. A selector stays if each of its names occurs in `words` (every word of
// every page and script of the book: generous, so that nothing a script adds later is lost).
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";

const require = createRequire(path.join(process.argv[2], "package.json"));
const { PurgeCSS } = require("purgecss");
const postcss = require("postcss");

const { css, words, keep } = JSON.parse(readFileSync(0, "utf8"));

/** Give each theme its rules with and without a script, and print only the light one. */
function themes(root) {
  const copies = [];
  root.walkRules((rule) => {
    if (!/data-theme/.test(rule.selector)) return;
    const light = rule.selectors.filter((s) => /\[data-theme=["']?light["']?\]/.test(s));
    const dark = rule.selectors.filter((s) => /\[data-theme=["']?dark["']?\]/.test(s));
    const pure = light.length === rule.selectors.length || dark.length === rule.selectors.length;
    if (!pure) return;
    const kind = light.length ? "light" : "dark";
    const without = rule.selectors.map((s) =>
      s.replace(new RegExp(`(html|:root)?\\[data-theme=["']?${kind}["']?\\]`, "g"), "html:not([data-theme])"));
    copies.push([rule, kind, without]);
  });
  for (const [rule, kind, without] of copies) {
    if (kind === "light") {
      const printed = rule.selectors.map((s) => s.replace(/light/, "dark").replace(/="?'?dark'?"?/, "=dark"));
      rule.after(media("print", rule.clone({ selectors: printed })));
      rule.selectors = [...rule.selectors, ...without];
    } else {
      rule.after(media("screen and (prefers-color-scheme:dark)", rule.clone({ selectors: without })));
      rule.replaceWith(media("screen", rule.clone()));
    }
  }
}

function media(params, rule) {
  const node = postcss.atRule({ name: "media", params });
  node.append(rule);
  return node;
}

/** Take out comments and white space that mean nothing. */
function tighten(root) {
  root.walkComments((node) => node.remove());
  root.walk((node) => {
    node.raws.before = "";
    if (node.type === "decl") {
      node.raws.between = ":";
      if (!node.prop.startsWith("--")) node.value = node.value.replace(/\s*\n\s*/g, " ");
      if (node.important) node.raws.important = "!important";
    } else {
      node.raws.between = "";
      node.raws.semicolon = false;
      node.raws.after = "";
      if (node.type === "rule") node.selector = node.selectors.map((s) => s.replace(/\s+/g, " ").replace(/ ([>+~]) /g, "$1")).join(",");
      if (node.type === "atrule") node.raws.afterName = node.params ? " " : "";
    }
  });
  root.raws.after = "";
}

/** Drop font faces and key frames that no rule names any more. */
function orphans(root) {
  const families = new Set();
  const motions = new Set();
  root.walkDecls((decl) => {
    if (decl.parent.name === "font-face") return;
    if (/font|^--/.test(decl.prop)) families.add(decl.value);
    if (/animation|^--/.test(decl.prop)) motions.add(decl.value);
  });
  root.walkAtRules("keyframes", (rule) => {
    if (![...motions].some((value) => value.includes(rule.params))) rule.remove();
  });
}

const [result] = await new PurgeCSS().purge({
  content: [{ raw: words.join(" "), extension: "txt" }],
  css: [{ raw: css }],
  defaultExtractor: (text) => text.split(" "),
  safelist: { standard: keep, deep: [], greedy: [] },
  dynamicAttributes: ["data-theme", "data-mode", "open", "aria-expanded", "aria-pressed", "aria-invalid", "popover", "hidden", "dir"],
});
const root = postcss.parse(result.css);
orphans(root);
themes(root);
tighten(root);
process.stdout.write(root.toString());
