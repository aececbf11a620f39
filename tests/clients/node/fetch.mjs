// Node's fetch: prints as JSON what it sees of the site at the URL given.

import { createHash } from "node:crypto";

const site = process.argv[2];
const body = new Uint8Array(2_000_000).map((_, index) => index % 256);
const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");
const json = async (path, options) => (await fetch(site + path, options)).json();

async function redirects() {
  const followed = await fetch(`${site}/away/302`, { method: "POST", body: "body" });
  const kept = await fetch(`${site}/away/307`, { method: "POST", body: "body" });
  const manual = await fetch(`${site}/away/301`, { redirect: "manual" });
  return {
    followed: [followed.redirected, (await followed.json()).method],
    kept: [kept.redirected, (await kept.json()).size],
    manual: [manual.status, manual.headers.get("location")],
  };
}

async function uploads() {
  const form = new FormData();
  form.append("text", "grüße");
  form.append("file", new Blob([body], { type: "image/png" }), "täg.bin");
  const stream = new ReadableStream({
    start(controller) {
      for (let start = 0; start < body.length; start += 60_000)
        controller.enqueue(body.slice(start, start + 60_000));
      controller.close();
    },
  });
  const streamed = await json("/told", { method: "PUT", body: stream, duplex: "half" });
  return {
    rows: await json("/form", { method: "POST", body: form }),
    bytes: (await json("/told", { method: "PUT", body })).sha256,
    streamed: [streamed.sha256, streamed.headers["content-length"]],
    params: (await json("/told", { method: "POST", body: new URLSearchParams({ a: "ü &" }) })).size,
    expected: digest(body),
  };
}

async function stream() {
  const began = performance.now();
  const response = await fetch(`${site}/lines?count=5&pause=0.2`);
  const times = [];
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    times.push(performance.now() - began);
    text += chunk;
  }
  return { text, first: times[0], last: times.at(-1) };
}

async function leaving() {
  for (let round = 0; round < 10; round++) {
    const controller = new AbortController();
    const { signal } = controller;
    const response = await fetch(`${site}/lines?count=1000&pause=0.01`, { signal });
    await response.body.getReader().read();
    controller.abort();
  }
  return (await fetch(`${site}/told`)).status;
}

async function cookies() {
  const response = await fetch(`${site}/login?name=ada`, { redirect: "manual" });
  return response.headers.getSetCookie().map((line) => line.split(";")[0]).sort();
}

async function rest() {
  const head = await fetch(`${site}/file`, { method: "HEAD" });
  const part = await fetch(`${site}/file`, { headers: { range: "bytes=256-265" } });
  const empty = await fetch(`${site}/logout`, { method: "POST" });
  const unchanged = await fetch(`${site}/unchanged`, { headers: { "if-none-match": '"1"' } });
  return {
    head: head.headers.get("content-length"),
    part: [part.status, [...new Uint8Array(await part.arrayBuffer())]],
    empty: [empty.status, await empty.text()],
    unchanged: unchanged.status,
    large: (await json("/large")).length,
    many: (await Promise.all(Array.from({ length: 40 }, (_, n) => json(`/told?n=${n}`)))).map(
      (one) => Number(one.query[0][1]),
    ),
  };
}

console.log(
  JSON.stringify({
    redirects: await redirects(),
    uploads: await uploads(),
    stream: await stream(),
    leaving: await leaving(),
    cookies: await cookies(),
    rest: await rest(),
  }),
);
