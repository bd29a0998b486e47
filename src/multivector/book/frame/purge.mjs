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

const of = { light: /\[data-theme=["']?light["']?\]/, dark: /\[data-theme=["']?dark["']?\]/ };

/** Give each theme its rules with and without a script, and print only the light one. */
function themes(root) {
  const rules = [];
  root.walkRules(/data-theme/, (rule) => { rules.push(rule); });
  for (const rule of rules) {
    const light = rule.selectors.filter((selector) => of.light.test(selector));
    const dark = rule.selectors.filter((selector) => of.dark.test(selector) && !of.light.test(selector));
    const rest = rule.selectors.filter((selector) => !light.includes(selector) && !dark.includes(selector));
    const parts = [];
    const part = (selectors) => rule.clone({ selectors });
    if (rest.length) parts.push(part(rest));
    if (light.length) {
      parts.push(part([...light, ...light.map((selector) => without(selector, of.light))]));
      parts.push(media("print", part(light.map((selector) => selector.replace(of.light, "[data-theme=dark]")))));
    }
    if (dark.length) {
      parts.push(media("screen", part(dark)));
      parts.push(media("screen and (prefers-color-scheme:dark)", part(dark.map((selector) => without(selector, of.dark)))));
    }
    rule.replaceWith(...parts);
  }
}

function without(selector, theme) {
  return selector.replace(new RegExp(`(?:html|:root)?${theme.source}`, "g"), "html:not([data-theme])");
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
