const url = new URL(document.currentScript.dataset.stock, location.href);
url.protocol = url.protocol === "https:" ? "wss:" : "ws:";

new WebSocket(url).addEventListener("message", ({ data }) => {
  const { product_id, stock } = JSON.parse(data);
  const cell = document.querySelector(`[data-product="${product_id}"] .stock`);
  if (cell) {
    cell.textContent = stock;
    cell.classList.add("changed");
  }
});
