// The table of units. Its rows come one by one; ranks belong to all of them together, come by themselves and are written
// into the rows.
const REDRAW_PAUSE = 1000;

export function readUnits() {
  return [...document.querySelectorAll("tr[data-unit]")].map(({ dataset }) => ({
    name: dataset.unit,
    value: Number(dataset.due),
    band: dataset.band,
    points: dataset.points,
    tip: dataset.tip,
    path: dataset.path,
  }));
}

function writeRanks() {
  const known = document.querySelector("[data-ranks]");
  if (!known) return;
  const ranks = JSON.parse(known.dataset.ranks);
  for (const cell of document.querySelectorAll("td[data-rank]")) cell.textContent = ranks[cell.dataset.rank] ?? "";
}

export function followUnits(redraw) {
  let waits = false;
  // Rows may have come before this script.
  writeRanks();
  document.addEventListener("congvu:fragment", ({ detail }) => {
    if (detail.view !== "row" && detail.view !== "ranks") return;
    writeRanks();
    if (waits) return;
    waits = true;
    setTimeout(() => {
      waits = false;
      redraw();
    }, REDRAW_PAUSE);
  });
}
