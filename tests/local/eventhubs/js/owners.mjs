// A second reader with the same or a higher owner level: prints what the first one was told.
import { EventHubConsumerClient } from "@azure/event-hubs";

const [connection, first, second] = process.argv.slice(2);

function subscribe(ownerLevel, told, initialized) {
  const client = new EventHubConsumerClient("readers", connection, "orders");
  client.subscribe(
    "0",
    {
      processEvents: async () => initialized(),
      processError: async (error) => told(error.code ?? error.name),
    },
    { ownerLevel, maxWaitTimeInSeconds: 0.5, startPosition: { offset: "-1" } },
  );
  return client;
}

const clients = [];
const told = await new Promise((resolve) => {
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    clients.push(subscribe(Number(second), resolve, () => {}));
  };
  clients.push(subscribe(Number(first), resolve, begin));
});
console.log(JSON.stringify({ told }));
await Promise.all(clients.map((client) => client.close()));
