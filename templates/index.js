"use strict";
(function () {
  var filters = document.querySelector(".filters");
  if (!filters) return;
  var search = document.getElementById("search");
  var subscription = document.getElementById("subscription");
  var year = document.getElementById("year");
  var shown = document.getElementById("shown");
  var sections = Array.from(document.querySelectorAll("section"));
  var all = document.querySelectorAll("tr[data-search]").length;

  function matches(row, section, words) {
    return (!subscription.value || section.dataset.subscription === subscription.value) &&
      (!year.value || row.dataset.years.split(" ").includes(year.value)) &&
      words.every(function (word) { return row.dataset.search.includes(word); });
  }

  function apply() {
    var words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    var count = 0;
    sections.forEach(function (section) {
      var visible = 0;
      section.querySelectorAll("tr[data-search]").forEach(function (row) {
        row.hidden = !matches(row, section, words);
        if (!row.hidden) visible += 1;
      });
      section.hidden = visible === 0;
      count += visible;
    });
    shown.textContent = document.body.dataset.shown.replace("{0}", count).replace("{1}", all);
  }

  search.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    search.value = "";
    apply();
  });
  filters.hidden = false;
  [search, subscription, year].forEach(function (field) { field.addEventListener("input", apply); });
  apply();
})();
