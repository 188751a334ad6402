// Adds ease to pages that are whole without it: dropping a file, copying a wording, printing, and
// saying what goes on. It sends nothing and fetches nothing.
"use strict";
const status = document.getElementById("status");
let timer = 0;
function say(text, seconds = 6) {
  clearTimeout(timer);
  status.textContent = text;
  if (text && seconds) timer = setTimeout(() => { status.textContent = ""; }, seconds * 1000);
}

const form = document.querySelector("form.ask");
if (form) {
  const field = document.getElementById("file");
  const text = document.getElementById("text");
  const most = Number(form.dataset.most);
  for (const hidden of form.querySelectorAll(".with-script")) hidden.hidden = false;
  const take = () => {
    const file = field.files[0];
    if (!file) return;
    if (file.size > most) {
      field.value = "";
      say(`“${file.name}” is too large: at most ${Math.floor(most / 1e6)} MB can be checked.`, 15);
    } else {
      say(`“${file.name}” is chosen. Now press “Check my page”.`, 15);
    }
  };
  field.addEventListener("change", take);
  const holdsFile = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  let depth = 0;
  const mark = (on) => document.body.classList.toggle("dragging", on);
  document.addEventListener("dragenter", (event) => {
    if (holdsFile(event)) { depth += 1; mark(true); }
  });
  document.addEventListener("dragleave", (event) => {
    if (holdsFile(event)) { depth = Math.max(0, depth - 1); mark(depth > 0); }
  });
  document.addEventListener("dragover", (event) => {
    if (holdsFile(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    depth = 0;
    mark(false);
    if (!holdsFile(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files.length !== 1) {
      say("Drop one file at a time.", 15);
      return;
    }
    field.files = event.dataTransfer.files;
    take();
    field.focus();
  });
  form.addEventListener("submit", (event) => {
    if (!text.value.trim() && !field.files.length) {
      event.preventDefault();
      say("Paste a text, or choose a file.", 15);
      text.focus();
      return;
    }
    say("Checking your page. This takes a few seconds.", 0);
  });
  // A browser may keep this page as it was when one left it.
  window.addEventListener("pageshow", () => say(""));
  document.querySelector(".problem")?.scrollIntoView({ block: "nearest" });
}

function copyOldWay(text) {
  // Away from this computer a browser gives no clipboard to a page without encryption.
  const box = document.createElement("textarea");
  box.value = text;
  box.className = "unseen";
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  return done;
}

for (const words of document.querySelectorAll(".say .words")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  const what = document.createElement("span");
  what.className = "unseen";
  what.textContent = `: ${words.textContent}`;
  button.append("Copy", what);
  button.addEventListener("click", async () => {
    let done = false;
    try {
      await navigator.clipboard.writeText(words.textContent);
      done = true;
    } catch {
      done = copyOldWay(words.textContent);
      button.focus();
    }
    say(done ? "Copied. Paste it into your page." : "Your browser did not allow it. Select the words, and copy them.");
  });
  words.after(button);
}

const how = document.getElementById("how");
if (how) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = "Print this file";
  button.addEventListener("click", () => window.print());
  how.replaceChildren(button, " Or save it as a PDF there.");
}
