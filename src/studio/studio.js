// Keeps the page up to date without losing the place: tabs, width, reader, scroll position and focus stay.
"use strict";

const byId = (id) => document.getElementById(id);
const tabs = [...document.querySelectorAll("[role=tab]")];
// Parts of the page that a new proof may change. The letter itself is exchanged apart, because it scrolls.
const PARTS = ["name", "inbox", "findings", "reader", "panel-text", "panel-headers", "panel-source"];

/** Writes a choice into the address, so that a reload and a bookmark keep it. */
function remember(key, value) {
  const address = new URL(location.href);
  address.searchParams.set(key, value);
  history.replaceState(null, "", address);
}

// Tabs

function select(tab) {
  for (const other of tabs) {
    const isChosen = other === tab;
    other.setAttribute("aria-selected", isChosen);
    other.tabIndex = isChosen ? 0 : -1;
    byId(other.getAttribute("aria-controls")).hidden = !isChosen;
  }
  byId("widths").hidden = tab.dataset.tab !== "html";
  remember("tab", tab.dataset.tab);
}

for (const tab of tabs) {
  tab.addEventListener("click", () => select(tab));
  tab.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(tab);
    const to = {
      ArrowRight: tabs[(at + 1) % tabs.length],
      ArrowLeft: tabs.at(at - 1),
      Home: tabs[0],
      End: tabs.at(-1),
    }[event.key];
    if (!to) return;
    event.preventDefault();
    select(to);
    to.focus();
  });
}

function onDigit(event) {
  const isTyping = event.target.closest?.("select, input:not([type=radio]), textarea");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const tab = /^[1-9]$/.test(event.key) && tabs[event.key - 1];
  if (!tab) return;
  select(tab);
  tab.focus();
}
document.addEventListener("keydown", onDigit);

// Width and reader

byId("widths").addEventListener("change", (event) => {
  byId("panel-html").dataset.width = event.target.value;
  fit(byId("letter"));
  remember("width", event.target.value);
});

byId("choice").addEventListener("submit", (event) => event.preventDefault());
byId("choice").addEventListener("change", (event) => {
  remember("reader", event.target.value);
  refresh("Reader changed", true);
});

// The letter

const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const loaded = (frame) => new Promise((done) => frame.addEventListener("load", done, { once: true }));

/** Waits until a frame shows its letter; slow images are waited for only a little. */
async function settled(frame) {
  const isParsed = () => {
    const letter = frame.contentDocument;
    return letter?.URL === frame.src && letter.readyState !== "loading";
  };
  const parsed = async () => {
    while (frame.isConnected && !isParsed()) await sleep(10);
    await sleep(60);
  };
  await Promise.race([loaded(frame), parsed()]);
}

/** Gives a letter of a chosen width all of that width, as on a telephone, where scroll bars take none. */
function fit(frame) {
  const root = frame?.contentDocument?.documentElement;
  if (root) root.style.scrollbarWidth = byId("panel-html").dataset.width === "full" ? "" : "none";
}

/** Listens to keys and clicks within a letter, which has no script of its own. Links open in a tab of theirs. */
function attend(frame) {
  const letter = frame.contentDocument;
  if (!letter) return;
  fit(frame);
  letter.addEventListener("keydown", onDigit);
  letter.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    window.open(link.href, "_blank", "noopener,noreferrer");
  });
}

/** Puts a new letter in the place of the shown one when it is ready, scrolled to where that one is. */
async function exchangeLetter(next, fromTop) {
  const panel = byId("panel-html");
  const shown = byId("letter");
  // An older exchange may still be under way.
  panel.querySelectorAll(".coming").forEach((frame) => frame.remove());
  if (!shown) {
    panel.replaceChildren(next);
    await settled(next);
    return attend(next);
  }
  next.removeAttribute("id");
  next.classList.add("coming");
  panel.append(next);
  const complete = loaded(next);
  await settled(next);
  if (!next.isConnected) return;
  fit(next);
  const view = next.contentWindow;
  const top = fromTop ? 0 : (shown.contentWindow?.scrollY ?? 0);
  view.scrollTo({ top, behavior: "instant" });
  const placed = view.scrollY;
  const hadFocus = document.activeElement === shown;
  shown.remove();
  next.classList.remove("coming");
  next.id = "letter";
  if (hadFocus) next.focus();
  attend(next);
  await complete;
  // Images that came late have moved what was in sight; whoever has scrolled since knows better.
  if (Math.abs(view.scrollY - placed) < 2) view.scrollTo({ top, behavior: "instant" });
}

const first = byId("letter");
if (first) settled(first).then(() => attend(first));

// Live reload

let running = 0;

/** Brings what is marked in a long line into sight. */
function showCarets() {
  for (const carets of document.querySelectorAll(".excerpt .carets")) {
    const excerpt = carets.closest(".excerpt");
    const needed = Math.min(carets.offsetWidth, excerpt.clientWidth / 2);
    const beyond = carets.offsetLeft + needed - excerpt.offsetLeft - excerpt.clientWidth;
    if (beyond > 0) excerpt.scrollLeft = beyond + excerpt.clientWidth / 3;
  }
}
showCarets();

/** Fetches the page as it is now and takes over what differs. */
async function refresh(reason, fromTop = false) {
  const turn = ++running;
  const response = await fetch(location.href);
  const text = await response.text();
  if (!response.ok || turn !== running) return;
  const next = new DOMParser().parseFromString(text, "text/html");
  const isOpen = byId("remarks")?.open;
  for (const id of PARTS) {
    const [here, there] = [byId(id), next.getElementById(id)];
    if (here.innerHTML !== there.innerHTML) here.innerHTML = there.innerHTML;
  }
  if (isOpen && byId("remarks")) byId("remarks").open = true;
  showCarets();
  const letter = next.getElementById("letter");
  if (letter) exchangeLetter(document.importNode(letter), fromTop);
  else byId("panel-html").innerHTML = next.getElementById("panel-html").innerHTML;
  document.title = next.title;
  document.body.dataset.version = next.body.dataset.version;
  byId("announcement").textContent = byId("mistakes-title")?.textContent ?? reason;
}

const connection = byId("connection");
function tell(state, words) {
  connection.dataset.state = state;
  connection.textContent = words;
}

const events = new EventSource("events");
events.addEventListener("open", () => tell("live", "Live"));
events.addEventListener("error", () => tell("lost", "Not connected"));
events.addEventListener("message", (event) => {
  if (event.data !== document.body.dataset.version) refresh("Preview updated");
});
