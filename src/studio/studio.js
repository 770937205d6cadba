// Follows links without losing the place, and keeps the page up to date: what a new page says differently is taken over
// into the one that is open, so that focus, scroll positions and what is typed stay.
"use strict";

const byId = (id) => document.getElementById(id);

// The page

/** Makes `here` like `there`, touching only what differs. What says `data-keep` is left to itself. */
function morph(here, there) {
  if (here.nodeType !== there.nodeType || here.nodeName !== there.nodeName || here.id !== there.id) {
    return here.replaceWith(there);
  }
  if (here.nodeType !== Node.ELEMENT_NODE) {
    if (here.data !== there.data) here.data = there.data;
    return;
  }
  if (here.nodeName === "IFRAME") {
    const source = there.getAttribute("src");
    return here.getAttribute("src") === source ? undefined : showLetter(source);
  }
  const isOpenable = here.nodeName === "DETAILS" || here.nodeName === "DIALOG";
  for (const { name } of [...here.attributes]) {
    const isOurs = name === "style" || (name === "open" && isOpenable);
    if (!isOurs && !there.hasAttribute(name)) here.removeAttribute(name);
  }
  for (const { name, value } of there.attributes) {
    if (here.getAttribute(name) !== value && !here.hasAttribute("data-keep")) here.setAttribute(name, value);
  }
  if (here.hasAttribute("data-keep")) return;
  const theirs = [...there.childNodes];
  const ours = [...here.childNodes];
  theirs.forEach((child, at) => (ours[at] ? morph(ours[at], child) : here.append(child)));
  ours.slice(theirs.length).forEach((child) => child.remove());
}

let turn = 0;
/** The address of the page that is on its way. */
let coming = null;

/**
 * Shows the page of an address; without one, the page that is open or on its way anew. It is asked for at once, and
 * shown after what is to come `first`.
 */
async function go(address = coming ?? location.href, first = null) {
  const mine = ++turn;
  coming = address;
  const response = await fetch(address, { cache: "no-store" });
  const text = await response.text();
  await first;
  if (mine !== turn) return;
  coming = null;
  if (!response.ok) return;
  const next = new DOMParser().parseFromString(text, "text/html");
  if (address !== location.href) history.replaceState(null, "", address);
  document.title = next.title;
  const oldPane = byId("about")?.dataset.pane;
  morph(document.body, document.adoptNode(next.body));
  if (byId("about") && byId("about").dataset.pane !== oldPane) byId("about").scrollTop = 0;
  settle();
}

/** What the address of the page asks for, beyond what the server has done. */
function settle() {
  const stage = byId("letter-stage");
  if (stage?.dataset.width !== undefined) setWidth(Number(stage.dataset.width) || 0);
  showCarets();
  const at = new URL(location.href).searchParams.get("at");
  if (at && at !== shownAt) jump(at);
  shownAt = at;
  measureImages();
}

// The letter

let shownAt = null;
const letter = () => byId("letter");
const inLetter = () => letter()?.contentDocument;

/** Shows another letter, or the same in another light: laid over the one that is there when it is ready. */
async function showLetter(source) {
  const frame = letter();
  const next = frame.cloneNode(false);
  next.setAttribute("src", source);
  next.removeAttribute("id");
  next.classList.add("coming");
  frame.parentElement.querySelectorAll(".coming").forEach((old) => old.remove());
  const isSameDraft = new URLSearchParams(source.split("?")[1]).get("draft")
    === new URLSearchParams(frame.getAttribute("src").split("?")[1]).get("draft");
  frame.after(next);
  await new Promise((done) => {
    next.addEventListener("load", done, { once: true });
    setTimeout(done, 1500);
  });
  if (!next.isConnected) return;
  if (isSameDraft) next.contentWindow?.scrollTo({ top: frame.contentWindow?.scrollY ?? 0, behavior: "instant" });
  const hadFocus = document.activeElement === frame;
  frame.remove();
  next.id = "letter";
  next.classList.remove("coming");
  if (hadFocus) next.focus();
  attend();
}

/** Puts a new letter into the frame that is there: nothing blinks, and the place stays. */
async function exchangeLetter(frame) {
  const response = await fetch(frame.src, { cache: "no-store" });
  const text = await response.text();
  const here = frame.contentDocument;
  if (!response.ok || !here?.documentElement || frame !== letter()) return;
  const digest = `${text.length}:${text}`;
  if (frame.dataset.text === digest) return;
  frame.dataset.text = digest;
  // By the frame's own parser: one of the page's would hold the letter's styles to the policy of the page, and drop them.
  const next = new frame.contentWindow.DOMParser().parseFromString(text, "text/html");
  const top = frame.contentWindow.scrollY;
  here.replaceChild(here.adoptNode(next.documentElement), here.documentElement);
  frame.contentWindow.scrollTo({ top, behavior: "instant" });
  attend();
}

/** Waits until what was changed is on the screen, or would be if the page were seen. */
function painted() {
  return new Promise((done) => {
    requestAnimationFrame(() => setTimeout(done));
    setTimeout(done, 100);
  });
}

/** Listens to keys and clicks within a letter, which has no script of its own. Links open in a tab of theirs. */
function attend() {
  const here = inLetter();
  if (!here?.documentElement) return;
  setWidth(Number(byId("letter-stage").dataset.width) || 0);
  here.documentElement.style.scrollbarWidth = byId("letter-stage").dataset.width ? "none" : "";
  here.onkeydown = onKey;
  here.onclick = (event) => {
    const link = event.target.closest?.("a[href]");
    if (link && !link.getAttribute("href").startsWith("#")) {
      event.preventDefault();
      window.open(link.href, "_blank", "noopener,noreferrer");
      return;
    }
    const block = event.target.closest?.("[data-at]");
    if (!block || link || !here.getSelection().isCollapsed) return;
    findLine(block.dataset.at);
  };
  measureImages();
}

/** Opens the draft at the line that a block of the letter comes from. */
function findLine(at) {
  const address = new URL(location.href);
  address.searchParams.set("pane", "draft");
  address.searchParams.set("at", at);
  return go(address.href);
}

/** Brings a line of the draft and what it became into sight. */
function jump(at) {
  const [file, line] = at.split(":").map(Number);
  const row = byId(`L${file}-${line}`);
  row?.scrollIntoView({ block: "center" });
  const here = inLetter();
  if (!here) return;
  here.querySelectorAll(".pr-here").forEach((old) => old.classList.remove("pr-here"));
  // The block that begins at the line, or the last one before it.
  let best = null;
  for (const block of here.querySelectorAll("[data-at]")) {
    const [ofFile, ofLine] = block.dataset.at.split(":").map(Number);
    if (ofFile === file && ofLine <= line && (!best || ofLine >= best.line)) best = { block, line: ofLine };
  }
  if (!best) return;
  best.block.classList.add("pr-here");
  const box = best.block.getBoundingClientRect();
  const height = letter().clientHeight;
  if (box.top < 0 || box.bottom > height) {
    letter().contentWindow.scrollBy({ top: box.top - height / 3, behavior: "instant" });
  }
}

/** Tells the list of images how large they really are. */
function measureImages() {
  const items = document.querySelectorAll(".images li[data-source]");
  const images = [...(inLetter()?.images ?? [])];
  for (const item of items) {
    const image = images.find((image) => image.getAttribute("src") === item.dataset.source);
    const words = item.querySelector(".natural");
    if (!image || !words) continue;
    const tell = () => { words.textContent = image.naturalWidth ? `${image.naturalWidth} × ${image.naturalHeight} px` : "not loaded"; };
    if (image.complete) tell();
    else image.addEventListener("load", tell, { once: true });
  }
}

// Its width

/** In pixels; 0 is all there is. */
function setWidth(width) {
  const stage = byId("letter-stage");
  const paper = stage?.querySelector(".paper");
  if (!paper) return;
  stage.dataset.width = width || "";
  paper.style.width = width ? `${width}px` : "";
  byId("edge")?.setAttribute("aria-valuenow", width || Math.round(paper.clientWidth));
}

function rememberWidth() {
  const address = new URL(location.href);
  const width = byId("letter-stage").dataset.width;
  if (width) address.searchParams.set("width", width);
  else address.searchParams.delete("width");
  go(address.href);
}

const within = (width) => Math.min(1400, Math.max(240, Math.round(width)));

document.addEventListener("pointerdown", (event) => {
  if (event.target.id !== "edge") return;
  const edge = event.target;
  const paper = edge.closest(".paper");
  const [from, width] = [event.clientX, paper.clientWidth];
  edge.setPointerCapture(event.pointerId);
  document.body.classList.add("dragging");
  // The paper is centred: its edge follows the pointer if it grows twice as fast.
  const drag = (move) => {
    setWidth(within(width + (move.clientX - from) * 2));
    if (byId("free")) byId("free").textContent = byId("letter-stage").dataset.width;
  };
  edge.addEventListener("pointermove", drag);
  edge.addEventListener("pointerup", () => {
    edge.removeEventListener("pointermove", drag);
    document.body.classList.remove("dragging");
    rememberWidth();
  }, { once: true });
});

/** To the next of the usual widths. */
function step(by) {
  const links = [...document.querySelectorAll(".widths [data-width]")];
  const at = links.findIndex((link) => link.getAttribute("aria-current"));
  links[Math.min(links.length - 1, Math.max(0, at + by))]?.click();
}

// Links, menus, forms

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) byId(opener.dataset.opens).showModal();
  const link = event.target.closest("a[data-go]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    shownAt = null;
    const menu = link.closest("details.menu");
    go(link.href);
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const line = event.target.closest("[data-line]");
  if (line && getSelection().isCollapsed) findLine(line.dataset.line);
  const said = event.target.closest(".reading [data-at]");
  if (said && getSelection().isCollapsed) findLine(said.dataset.at);
});

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.("details.menu") || !menu.open) return;
  for (const other of document.querySelectorAll("details.menu[open]")) if (other !== menu) other.open = false;
  if (menu.id === "readers") {
    byId("q").focus();
    search();
  } else {
    (menu.querySelector("[aria-current]") ?? menu.querySelector("a"))?.focus();
  }
}, true);

let searching = null;

async function search() {
  searching?.abort();
  searching = new AbortController();
  const address = new URL("readers", location.href);
  address.search = location.search;
  address.searchParams.set("q", byId("q").value);
  try {
    const response = await fetch(address, { signal: searching.signal });
    if (response.ok) byId("found").innerHTML = await response.text();
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}
document.addEventListener("input", (event) => { if (event.target.id === "q") search(); });

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.post) return;
  event.preventDefault();
  const [button, answer] = [form.querySelector("button"), byId(form.dataset.answer)];
  button.disabled = true;
  form.setAttribute("aria-busy", "true");
  answer.textContent = "Under way …";
  try {
    const response = await fetch(form.dataset.post, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (response.ok) answer.innerHTML = await response.text();
    else answer.textContent = `That did not work (${response.status}).`;
  } catch {
    answer.textContent = "The preview has ended; start it again.";
  }
  button.disabled = false;
  form.removeAttribute("aria-busy");
});

// Keys

/** Follows the findings from one to the next. */
function nextFinding(by) {
  const links = [...document.querySelectorAll(".findings a.place, .mistakes a.place")];
  if (!links.length) {
    const findings = document.querySelector("#pane [aria-keyshortcuts=f]");
    if (findings && byId("about").dataset.pane !== "findings") findings.click();
    return;
  }
  const at = links.indexOf(document.activeElement);
  const to = links[(at + by + links.length) % links.length];
  to.focus();
  to.scrollIntoView({ block: "nearest" });
  jump(new URL(to.href).searchParams.get("at"));
}

const KEYS = {
  "?": () => byId("keys")?.showModal(),
  "/": () => byId("readers")?.querySelector("summary").click(),
  "[": () => step(-1),
  "]": () => step(1),
  j: () => nextFinding(1),
  k: () => nextFinding(-1),
  e: () => byId("edit")?.click(),
};

function onKey(event) {
  const target = event.target;
  const isTyping = target.closest?.("input:not([type=radio]), textarea, select");
  if (event.key === "Escape") {
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    return;
  }
  if (target.id === "edge") {
    const by = { ArrowLeft: -10, ArrowRight: 10 }[event.key];
    if (!by) return;
    event.preventDefault();
    setWidth(within(target.closest(".paper").clientWidth + by));
    return rememberWidth();
  }
  const list = target.closest?.(".menu .sheet");
  if (list && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    const stops = [...list.querySelectorAll("input, a")];
    const at = stops.indexOf(target);
    return stops[(at + (event.key === "ArrowDown" ? 1 : stops.length - 1)) % stops.length]?.focus();
  }
  if (isTyping) {
    if (event.key === "Enter" && target.id === "q") {
      event.preventDefault();
      byId("found").querySelector("a")?.click();
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const own = KEYS[event.key];
  const named = own ? null : document.querySelector(`[aria-keyshortcuts="${CSS.escape(event.key)}"]`);
  if (!own && !named) return;
  event.preventDefault();
  if (own) own();
  else named.click();
}
document.addEventListener("keydown", onKey);

/** Brings what is marked in a long line into sight. */
function showCarets() {
  for (const carets of document.querySelectorAll(".excerpt .carets")) {
    const excerpt = carets.closest(".excerpt");
    const needed = Math.min(carets.offsetWidth, excerpt.clientWidth / 2);
    const beyond = carets.offsetLeft + needed - excerpt.offsetLeft - excerpt.clientWidth;
    if (beyond > 0) excerpt.scrollLeft = beyond + excerpt.clientWidth / 3;
  }
}

// Live reload

function tell(state, words) {
  const connection = byId("connection");
  connection.dataset.state = state;
  connection.textContent = words;
}

async function update() {
  // Editors look at the letter: it is seen before the page around it is worked on.
  const frame = letter();
  const isShown = frame && byId("letter-stage") && !byId("letter-stage").hidden;
  await go(undefined, isShown ? exchangeLetter(frame).catch(() => {}).then(painted) : null);
  tell("live", "Live");
  byId("announcement").textContent = byId("mistakes-title")?.textContent ?? "Preview updated";
}

let events = null;

/** Listens for saves while the page is seen: browsers allow a server six connections for all its pages. */
function listen() {
  if (events || document.hidden || !document.body.dataset.version) return;
  events = new EventSource("events");
  events.addEventListener("open", () => tell("live", "Live"));
  events.addEventListener("error", () => tell("lost", "Not connected"));
  events.addEventListener("message", (event) => {
    if (event.data !== document.body.dataset.version) update();
  });
}

function fallSilent() {
  events?.close();
  events = null;
}

document.addEventListener("visibilitychange", () => (document.hidden ? fallSilent() : listen()));
addEventListener("pagehide", fallSilent);
addEventListener("pageshow", listen);
listen();

settle();
if (letter()) {
  if (inLetter()?.readyState === "complete" && inLetter().body?.childElementCount) attend();
  letter().addEventListener("load", () => { attend(); if (shownAt) jump(shownAt); });
}
