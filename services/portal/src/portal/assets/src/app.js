// Everything a page does by itself: live parts, filters without a reload, forms that are sent once.
import htmx from "htmx.org";
import { followScores } from "./live.js";

window.htmx = htmx;
followScores(document.getElementById("live"));

// A form is sent once, however often its button is pressed; going back makes it usable again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
