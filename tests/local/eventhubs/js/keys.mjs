// Sends an event for each partition key; its body is the key.
import { EventHubProducerClient } from "@azure/event-hubs";

const [connection, ...keys] = process.argv.slice(2);
const producer = new EventHubProducerClient(connection, "orders");
for (const key of keys) await producer.sendBatch([{ body: key }], { partitionKey: key });
await producer.close();
console.log(JSON.stringify(keys.length));
