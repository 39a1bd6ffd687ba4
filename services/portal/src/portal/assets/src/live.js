// Live pages. The stream pushes fragments ("fragment") and names ("moved"); parts that depend on a name fetch themselves
// anew. Nothing is replaced as a whole: what has not changed stays, with its focus, scroll and input.
import { Idiomorph } from "idiomorph";

// No sign of life for so long: the page says that it is behind. The stream beats every three seconds.
const SILENCE = 8000;
// A part fetches itself anew at most once in this time.
const PART_PAUSE = 1000;
// ... and rests so many times what the last fetch took.
const PART_SHARE = 4;
const RETRY = 1500;
// So long a broken stream may take to come back before it is told.
const GRACE = 1500;
const LONGEST_RETRY = 15000;

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
  const month = element.dataset.period;
  if (html) replace(element, html);
  // A month has begun: everything on the page is of the one before.
  if (month && document.getElementById(element.id).dataset.period !== month) window.location.reload();
  document.dispatchEvent(new CustomEvent("congvu:fragment", { detail: { view, subject } }));
}

const pending = new Map();

function refresh(part) {
  if (pending.has(part.id)) {
    pending.set(part.id, true);
    return;
  }
  pending.set(part.id, false);
  const began = Date.now();
  fetchPart(part.id).finally(() =>
    setTimeout(
      () => {
        const again = pending.get(part.id);
        pending.delete(part.id);
        const still = document.getElementById(part.id);
        if (again && still) refresh(still);
      },
      // What takes long to make is asked for less often.
      Math.max(PART_PAUSE, PART_SHARE * (Date.now() - began)),
    ),
  );
}

async function fetchPart(id) {
  const element = document.getElementById(id);
  try {
    const answer = await fetch(element.dataset.part, { headers: { accept: "text/html" } });
    if (answer.ok) replace(document.getElementById(id), await answer.text());
    else if (answer.status >= 500) pending.set(id, true);
  } catch {
    // Fetched again after its pause, until it is there.
    pending.set(id, true);
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
  let pause = RETRY;
  let breaking;

  function say(kind) {
    if (state.dataset.state === kind) return;
    state.dataset.state = kind;
    const time = new Date(lastGood).toLocaleTimeString(locale, { timeZone: state.dataset.zone });
    words.textContent = state.dataset[kind].replace("{time}", time);
  }

  function beat(hears) {
    if (!hears) return;
    isWhole();
    lastGood = Date.now();
    pause = RETRY;
    say("current");
  }

  function open() {
    source = new EventSource(state.dataset.live);
    source.addEventListener("fragment", show);
    // The first news of a stream name all: something may have moved since the page was made.
    source.addEventListener("moved", (event) => refreshMoved(JSON.parse(event.data)));
    source.addEventListener("beat", (event) => beat(JSON.parse(event.data).hears));
    source.addEventListener("end", () => end("ended"));
    source.onerror = () => {
      // Every stream ends after some minutes, and the next one begins at once: that is no loss worth telling.
      breaking ??= setTimeout(() => say("behind"), GRACE);
      // Where the answer was an error, the browser gives up and does not say which.
      if (source.readyState === EventSource.CLOSED) setTimeout(openAgain, pause);
      pause = Math.min(2 * pause, LONGEST_RETRY);
    };
  }

  async function openAgain() {
    const asking = new AbortController();
    const status = await fetch(state.dataset.live, { signal: asking.signal }).then(
      (answer) => answer.status,
      () => 0,
    );
    asking.abort();
    if (status === 401) end("ended");
    else if (status === 404) end("withdrawn");
    else if (status === 200) open();
    else setTimeout(openAgain, pause);
  }

  function isWhole() {
    clearTimeout(breaking);
    breaking = undefined;
  }

  function end(kind) {
    isWhole();
    source.close();
    clearInterval(watchman);
    say(kind);
  }

  const watchman = setInterval(() => {
    if (Date.now() - lastGood > SILENCE) say("behind");
  }, 1000);
  open();
}
