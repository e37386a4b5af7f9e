// Asks whether a template has changed; the server answers when one has, or after a while.
const page = frames.edition;
let stamp = document.body.dataset.stamp;
async function watch() {
  for (;;) {
    try {
      const answer = await fetch(`/changed?since=${stamp}`);
      const now = await answer.text();
      if (answer.ok && now !== stamp) {
        stamp = now;
        page.location.reload();
      }
    } catch {
      await new Promise((wake) => setTimeout(wake, 1000));
    }
  }
}
watch();
