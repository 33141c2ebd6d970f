// Before the first paint: the rail's width as it was left, so that nothing jumps.
document.documentElement.dataset.rail = localStorage.getItem("fairdial.rail") || (innerWidth < 1100 ? "narrow" : "wide");
