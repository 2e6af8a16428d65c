// What the client reports for what does not exist: prints error names as JSON.
import { EventHubConsumerClient, EventHubProducerClient } from "@azure/event-hubs";

const [connection] = process.argv.slice(2);
const retryOptions = { maxRetries: 0 };

async function name(attempt) {
  try {
    await attempt();
    return "no error";
  } catch (error) {
    return error.code ?? error.name;
  }
}

const unknown = new EventHubProducerClient(connection, "nothing", { retryOptions });
const known = new EventHubProducerClient(connection, "orders", { retryOptions });
const stranger = new EventHubConsumerClient("nobody", connection, "orders", { retryOptions });
const started = Date.now();
const seen = {
  hub: await name(() => unknown.getEventHubProperties()),
  send: await name(() => unknown.sendBatch([{ body: 1 }])),
  partition: await name(() => known.getPartitionProperties("9")),
  group: await new Promise((resolve) => {
    stranger.subscribe("0", {
      processEvents: async () => {},
      processError: async (error) => resolve(error.code ?? error.name),
    });
  }),
  then: (await known.getEventHubProperties()).name,
};
console.log(JSON.stringify({ ...seen, seconds: (Date.now() - started) / 1000 }));
await Promise.all([unknown.close(), known.close(), stranger.close()]);
