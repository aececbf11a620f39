// An EventSource: prints as JSON the events of the URL given, over three connections.

import { EventSource } from "eventsource";

const seen = [];
let opened = 0;
const source = new EventSource(process.argv[2]);

source.addEventListener("open", () => opened++);
source.addEventListener("tick", ({ data, lastEventId }) => {
  seen.push([lastEventId, data]);
  if (seen.length === 7) {
    source.close();
    console.log(JSON.stringify({ seen, opened, state: source.readyState }));
  }
});
