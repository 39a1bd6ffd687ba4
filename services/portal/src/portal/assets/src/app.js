// Everything a page does by itself: live parts, filters without a reload, forms that are sent once.
import htmx from "htmx.org";
import { followScores } from "./live.js";

window.htmx = htmx;
followScores(document.getElementById("live"));

const SENDING = 15000;

// A notice is of the form that was just sent, and not of every reload.
const address = new URL(window.location);
if (address.searchParams.has("done")) {
  address.searchParams.delete("done");
  history.replaceState(history.state, "", address);
}

// A filter that cannot be fetched says so beside the table that stays as it was.
for (const failure of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(failure, () => (document.getElementById("not-fetched").hidden = false));
}
document.addEventListener("htmx:afterSwap", () => (document.getElementById("not-fetched").hidden = true));

// A form is sent once, however often its button is pressed; going back makes it usable again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  // Whoever has stopped a request that hung may send it again; the same form twice does nothing twice.
  setTimeout(() => delete form.dataset.sent, SENDING);
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
