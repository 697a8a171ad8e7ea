(() => {
"use strict";
// Asks how the run goes on once a second; the report is fetched again only when there is another.
const $ = id => document.getElementById(id), frame = $("report");
let shown = 0, missed = 0;

function time(s) { s = Math.round(s); return s < 90 ? s + " s" : s < 5400 ? Math.round(s / 60) + " min" : (s / 3600).toFixed(1) + " h"; }

function say(p) {
  $("done").value = p.share;
  if (p.ended) { $("state").textContent = "The run has ended" + (p.round < p.rounds ? " after " + p.round + " of " + p.rounds + " rounds" : "") + "; this page holds all of it."; return; }
  if (!p.rounds) return;
  $("state").textContent = "Round " + p.round + " of " + p.rounds + ": " + p.arm + (p.phase ? ", " + p.phase : "") + (p.detail ? " · " + p.detail : "") + " · about " + time(p.left_seconds) + " left";
}

// show loads the report and goes back to where the reader was.
function show(version) {
  const at = shown ? frame.contentWindow.scrollY : 0;
  shown = version;
  frame.onload = () => frame.contentWindow.scrollTo({ top: at, behavior: "instant" });
  frame.hidden = false; $("none").hidden = true;
  frame.src = "report?version=" + version;
}

async function ask() {
  try {
    const answer = await fetch("progress", { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.statusText);
    const p = await answer.json();
    missed = 0;
    say(p);
    if (p.version > shown && ($("follow").checked || !shown)) show(p.version);
    if (p.ended) return;
  } catch {
    if (++missed > 3) { $("state").textContent = "The run has ended, or cannot be reached; its report is saved in its folder."; return; }
  }
  setTimeout(ask, 1000);
}
ask();
})();
