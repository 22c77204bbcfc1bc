// Put into the measured page: gathers its marks and its long tasks, and tells of the next mark.
(() => {
  const bench = { marks: [], longTasks: [], waiting: [] };
  window.bench = bench;
  const seen = {};
  bench.seen = (name) => seen[name] ?? 0;
  /** Fulfilled once there are more marks of this name than so many. */
  bench.more = (name, many) =>
    new Promise((resolve) => {
      if (bench.seen(name) > many) resolve();
      else bench.waiting.push({ name, resolve });
    });
  new PerformanceObserver((list) => {
    for (const { name, startTime } of list.getEntries()) {
      if (!name.startsWith("promptops:")) continue;
      bench.marks.push([name, startTime]);
      seen[name] = bench.seen(name) + 1;
      bench.waiting = bench.waiting.filter((one) => {
        if (one.name === name) one.resolve();
        return one.name !== name;
      });
    }
  }).observe({ entryTypes: ["mark"] });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) bench.longTasks.push(duration);
  }).observe({ entryTypes: ["longtask"] });
})();
