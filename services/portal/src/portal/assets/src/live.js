// Live pages. The stream pushes fragments ("fragment") and names ("moved"); parts that depend on a name fetch themselves
// anew. Nothing is replaced as a whole: what has not changed stays, with its focus, scroll and input.
import { Idiomorph } from "idiomorph";

// No sign of life for so long: the page says that it is behind. The stream beats every three seconds.
const SILENCE = 8000;
// A part fetches itself anew at most once in this time.
const PART_PAUSE = 1000;
const RETRY = 1500;

const options = {
  morphStyle: "outerHTML",
  ignoreActiveValue: true,
  callbacks: {
    // What a person is writing, or has opened, is theirs.
    beforeNodeMorphed: (old) =>
      !(old.tagName === "FORM" && (old.contains(document.activeElement) || old.dataset.touched)),
    beforeAttributeUpdated: (name, node) => !(name === "open" && node.tagName === "DETAILS"),
  },
};

document.addEventListener("input", (event) => {
  if (event.target.form) event.target.form.dataset.touched = "yes";
});

function replace(element, html) {
  Idiomorph.morph(element, html, options);
}

function show(event) {
  const { view, subject, html } = JSON.parse(event.data);
  const element = document.getElementById(`${view}-${subject}`);
  if (!element) return;
  if (html) replace(element, html);
  document.dispatchEvent(new CustomEvent("congvu:fragment", { detail: { view, subject } }));
}

const pending = new Map();

function refresh(part) {
  if (pending.has(part.id)) {
    pending.set(part.id, true);
    return;
  }
  pending.set(part.id, false);
  fetchPart(part.id).finally(() =>
    setTimeout(() => {
      const again = pending.get(part.id);
      pending.delete(part.id);
      const still = document.getElementById(part.id);
      if (again && still) refresh(still);
    }, PART_PAUSE),
  );
}

async function fetchPart(id) {
  const element = document.getElementById(id);
  try {
    const answer = await fetch(element.dataset.part, { headers: { accept: "text/html" } });
    if (answer.ok) replace(document.getElementById(id), await answer.text());
  } catch {
    // The stream tells when the connection is back, and everything is fetched then.
  }
}

function refreshMoved(subjects) {
  const moved = new Set(subjects);
  for (const part of document.querySelectorAll("[data-part]")) {
    if (part.dataset.moved.split(" ").some((subject) => moved.has(subject))) refresh(part);
  }
}

export function followScores(state) {
  if (!state) return;
  const words = state.querySelector(".words");
  const locale = state.dataset.locale === "vi" ? "vi-VN" : "en-GB";
  let lastGood = Date.now();
  let source;
  let first = true;

  function say(kind) {
    if (state.dataset.state === kind) return;
    state.dataset.state = kind;
    const time = new Date(lastGood).toLocaleTimeString(locale);
    words.textContent = state.dataset[kind].replace("{time}", time);
  }

  function beat(hears) {
    if (!hears) return;
    lastGood = Date.now();
    say("current");
  }

  function open() {
    source = new EventSource(state.dataset.live);
    source.addEventListener("fragment", show);
    source.addEventListener("moved", (event) => {
      // The first news of a stream names all: the page has just been made, its parts are fresh.
      if (!first) refreshMoved(JSON.parse(event.data));
      first = false;
    });
    source.addEventListener("beat", (event) => beat(JSON.parse(event.data).hears));
    source.addEventListener("end", () => {
      source.close();
      clearInterval(watchman);
      say("ended");
    });
    source.onerror = () => {
      say("behind");
      // Where the answer was an error, the browser gives up; the page does not.
      if (source.readyState === EventSource.CLOSED) setTimeout(open, RETRY);
    };
  }

  const watchman = setInterval(() => {
    if (Date.now() - lastGood > SILENCE) say("behind");
  }, 1000);
  open();
}
