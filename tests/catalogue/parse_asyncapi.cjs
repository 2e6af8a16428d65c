// Parses an AsyncAPI document with the official parser; prints what it found and what it minds.
const { readFileSync } = require("fs");
const { Parser } = require("@asyncapi/parser");
const { AvroSchemaParser } = require("@asyncapi/avro-schema-parser");

(async () => {
  const parser = new Parser();
  parser.registerSchemaParser(AvroSchemaParser());
  const { document, diagnostics } = await parser.parse(readFileSync(process.argv[2], "utf8"));
  console.log(
    JSON.stringify({
      messages: document ? document.allMessages().all().length : 0,
      diagnostics: diagnostics.map((each) => ({
        severity: each.severity,
        message: each.message,
        path: each.path.join("/"),
      })),
    }),
  );
})();
