(() => {
  "use strict";
  const body = document.body, root = document.documentElement;
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

  // Light and dark: the reader's system decides until the button is used.
  const button = make("button", { type: "button", className: "theme", textContent: body.dataset.themeLabel });
  document.querySelector(".about").append(button);
  button.addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  const press = (group, show) =>
    group.querySelectorAll("button").forEach((each) => each.setAttribute("aria-pressed", each.dataset.show === show));

  // One split at a time, or all of them.
  const splits = document.querySelector(".splits"), parts = [...document.querySelectorAll("[data-split]")];
  const choose = (split) => {
    for (const part of parts) part.hidden = split !== "" && part.dataset.split !== split;
    press(splits, split);
  };
  if (splits) {
    splits.hidden = false;
    splits.addEventListener("click", (event) => {
      if (event.target.dataset.show !== undefined) choose(event.target.dataset.show);
    });
  }

  // A link to what is hidden shows it: its split, or all the rows of its table.
  const reveal = (hash) => {
    const target = document.getElementById(decodeURIComponent(hash.slice(1)));
    const hidden = target && target.closest("[data-split][hidden], tr[hidden]");
    if (!hidden) return;
    if (hidden.dataset.split) choose(hidden.dataset.split);
    else clear(hidden.closest(".block").querySelector(".filter"));
    reveal(hash);
    target.scrollIntoView();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link) reveal(link.hash);
  });
  addEventListener("hashchange", () => reveal(location.hash));
  const clear = (filter) => {
    filter.value = "";
    filter.dispatchEvent(new Event("input"));
  };

  // One measure at a time.
  for (const group of document.querySelectorAll(".measures")) {
    group.hidden = false;
    group.onclick = (event) => {
      const { show } = event.target.dataset;
      if (!show) return;
      press(group, show);
      for (const each of group.parentElement.children) each.hidden = each !== group && each.dataset.measure !== show;
    };
  }

  // Sorting: numbers and dates by data-sort, what has no value last.
  const key = (row, column) => row.cells[column].dataset.sort ?? row.cells[column].textContent;
  const order = (a, b) => {
    const numbers = [Number(a), Number(b)];
    return numbers.some(Number.isNaN) ? a.localeCompare(b, root.lang, { numeric: true }) : numbers[0] - numbers[1];
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const rows = [...table.tBodies[0].rows];
    if (rows.length < 2) continue;
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      if (head.matches(".k-strip")) return;
      const label = head.firstChild.textContent.trim();
      const sort = make("button", { type: "button", className: "sort", textContent: label, title: body.dataset.sortLabel });
      head.firstChild.replaceWith(sort);
      sort.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        rows.sort((one, two) => {
          const a = key(one, column), b = key(two, column);
          return a === "" || b === "" ? (a === "") - (b === "") : (down ? -1 : 1) * order(a, b);
        });
        table.tBodies[0].append(...rows);
      });
    });
    if (rows.length < 8) continue;
    const filter = make("input", { type: "search", className: "filter", placeholder: body.dataset.filter, ariaLabel: body.dataset.filter });
    const left = make("output", { className: "left" });
    table.parentElement.before(filter, left);
    filter.addEventListener("input", () => {
      const wanted = filter.value.toLowerCase();
      for (const row of rows) row.hidden = !row.textContent.replace(/\s+/g, " ").toLowerCase().includes(wanted);
      const shown = rows.filter((row) => !row.hidden).length;
      left.textContent = body.dataset.left.replace("##", rows.length).replace("#", shown);
    });
    filter.addEventListener("keydown", (event) => {
      if (event.key === "Escape") clear(filter);
    });
  }

  // A table that is wider than its place says so.
  for (const place of document.querySelectorAll(".scroll")) {
    const more = make("p", { className: "more", textContent: body.dataset.scroll });
    place.before(more);
    new ResizeObserver(() => { more.hidden = place.scrollWidth <= place.clientWidth + 1; }).observe(place);
  }

  // Copied rows are numbers: rates in per cent, durations in hours, no pictures, no soft hyphens.
  const scales = { "k-rate": 100, "k-part": 100, "k-duration": 1 / 36e9 };
  const bare = (cell) => {
    const scale = Object.keys(scales).find((kind) => cell.matches("." + kind)), value = cell.dataset.sort;
    if (!cell.matches(".n") || cell.tagName === "TH" || value === "" || value === undefined || Number.isNaN(Number(value)))
      return (cell.querySelector(".sort") ?? cell).textContent.replace(/\u00ad/g, "").trim() + (cell.dataset.unit ? ` (${cell.dataset.unit})` : "");
    return (Number(value) * (scales[scale] ?? 1)).toLocaleString(root.lang, { useGrouping: false, maximumFractionDigits: 4 });
  };
  document.addEventListener("copy", (event) => {
    const selection = getSelection();
    const table = [...document.querySelectorAll("table.data")].find((each) => selection.containsNode(each, true));
    const rows = table ? [...table.rows].filter((row) => !row.hidden && selection.containsNode(row, true)) : [];
    if (rows.length < 2) return;
    const cells = rows.map((row) => [...row.cells].filter((cell) => !cell.matches(".k-mark, .k-strip, .k-mark_rate, .k-mark_duration")).map(bare));
    event.clipboardData.setData("text/plain", cells.map((row) => row.join("\t")).join("\n"));
    event.preventDefault();
  });

  // Values under the pointer or the finger: the titles that browsers show late, shown at once.
  const tip = make("div", { className: "tip", hidden: true });
  body.append(tip);
  for (const title of document.querySelectorAll("svg title")) {
    if (title.matches("rect > *, .k-mark > svg > *, .spark > svg > *")) title.parentNode.dataset.tip = title.textContent;
    title.remove();
  }
  const point = (event) => {
    const shape = event.type !== "pointercancel" && event.target.closest("[data-tip]");
    tip.hidden = !shape;
    if (!shape) return;
    tip.textContent = shape.dataset.tip;
    tip.style.left = Math.max(Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8), 8) + "px";
    tip.style.top = Math.max(event.clientY - tip.offsetHeight - 12, 8) + "px";
  };
  for (const kind of ["pointermove", "pointerdown", "pointercancel"]) document.addEventListener(kind, point);
})();
