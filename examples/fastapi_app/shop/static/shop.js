const { stock, orders, products } = document.currentScript.dataset;

const url = new URL(stock, location.href);
url.protocol = url.protocol === "https:" ? "wss:" : "ws:";

new WebSocket(url).addEventListener("message", ({ data }) => {
  const change = JSON.parse(data);
  const cell = document.querySelector(`[data-product="${change.product_id}"] .stock`);
  if (cell) {
    cell.textContent = change.stock;
    cell.classList.add("changed");
  }
});

new EventSource(orders).addEventListener("order", ({ data }) => {
  const { order_id, total_cents } = JSON.parse(data);
  const line = document.createElement("li");
  line.textContent = `Order ${order_id}: ${(total_cents / 100).toFixed(2)}`;
  document.querySelector("#orders").append(line);
});

document.querySelector("#image").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const output = form.querySelector("output");
  const place = `${products}/${form.elements.product.value}/image`;
  const body = new FormData();
  body.append("image", form.elements.image.files[0]);
  const response = await fetch(place, { method: "PUT", body });
  const answer = await response.json();
  if (!response.ok) {
    output.textContent = answer.detail;
    return;
  }
  const image = document.createElement("img");
  image.src = place;
  image.alt = `${answer.size} bytes`;
  output.replaceChildren(image);
});
