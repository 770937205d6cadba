// Runs in the page after axe-core: writes what it sees into the document, where --dump-dom shows it.
async function judge(inverted, number) {
  const shown = (element) => element.checkVisibility() && element.getClientRects().length > 0;
  if (inverted) invertEverything();
  const small = [];
  for (const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); walker.nextNode();) {
    const element = walker.currentNode.parentElement;
    const size = parseFloat(getComputedStyle(element).fontSize);
    if (walker.currentNode.data.trim() && shown(element) && size < 14) small.push(`${size}px: ${walker.currentNode.data.trim()}`);
  }
  const images = [...document.images].map((image) => ({
    source: image.getAttribute("src"), alt: image.getAttribute("alt"), loaded: image.naturalWidth > 0,
    width: image.getBoundingClientRect().width, height: image.getBoundingClientRect().height,
  }));
  const axe = await window.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "best-practice"],
    rules: { region: { enabled: false }, "landmark-one-main": { enabled: false } },
  });
  const faults = (results) => results.flatMap((rule) => rule.nodes.map((node) =>
    `${rule.id}: ${node.html.slice(0, 120)}: ${[...node.any, ...node.all, ...node.none].map((check) => check.message).join("; ")}`));
  const seen = {
    width: innerWidth, scrollWidth: document.documentElement.scrollWidth, small, images,
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    background: getComputedStyle(document.body).backgroundColor,
    passes: axe.passes.map((rule) => rule.id), violations: faults(axe.violations),
    unsure: faults(axe.incomplete.filter((rule) => rule.id === "color-contrast")),
  };
  const note = top.document.createElement("pre");
  note.className = "judgement";
  note.title = number;
  note.textContent = JSON.stringify(seen);
  top.document.body.append(note);
}

// What mail programs do to letters they make dark themselves: light becomes dark and dark light, hues stay.
// Chromium's own forced dark paints so, but leaves the computed colours as they were, and axe reads those.
function invertEverything() {
  const flip = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    const shift = 255 - Math.max(r, g, b) - Math.min(r, g, b);
    return `rgba(${r + shift}, ${g + shift}, ${b + shift}, ${a})`;
  };
  const colours = [...document.querySelectorAll("*")].map((element) => [element, getComputedStyle(element)])
    .map(([element, style]) => [element, flip(style.color), flip(style.backgroundColor)]);
  for (const [element, color, background] of colours) {
    element.style.setProperty("color", color, "important");
    element.style.setProperty("background-color", background, "important");
  }
}
