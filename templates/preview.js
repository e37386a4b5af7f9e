// Asks whether a template has changed; the server answers when one has, or after a while.
const page = frames.edition;
let stamp = document.body.dataset.stamp;
const said = document.getElementById("problems");
// A fault of any template is said, whichever page is open.
async function look() {
  const answer = await fetch("/problems");
  said.textContent = answer.ok ? await answer.text() : "";
  said.hidden = !said.textContent;
}
async function watch() {
  look();
  for (;;) {
    try {
      const answer = await fetch(`/changed?since=${stamp}`);
      const now = await answer.text();
      if (answer.ok && now !== stamp) {
        stamp = now;
        page.location.reload();
        look();
      }
    } catch {
      await new Promise((wake) => setTimeout(wake, 1000));
    }
  }
}
watch();
