// What a knex seed does, as one process: `node knex.cjs items FILE.ndjson` or `node knex.cjs tables FILE.json`.
// It finds knex by NODE_PATH. One transaction, many rows a statement, and rows that are there are overwritten.
const fs = require("node:fs");
const readline = require("node:readline");
const knex = require("knex")({ client: "pg", connection: process.env.DATABASE_URL });

const BATCH = 2000; // eight parameters a row; PostgreSQL takes 65,535 in one statement

async function items(transaction, file) {
  let rows = [];
  const put = async () => {
    if (rows.length) await transaction("items").insert(rows).onConflict("id").merge();
    rows = [];
  };
  for await (const line of readline.createInterface({ input: fs.createReadStream(file) })) {
    rows.push(JSON.parse(line));
    if (rows.length === BATCH) await put();
  }
  await put();
}

async function tables(transaction, file) {
  for (const { table, key, rows } of JSON.parse(fs.readFileSync(file, "utf8"))) {
    await transaction(table).insert(rows).onConflict(key).merge();
  }
}

const [what, file] = process.argv.slice(2);
knex
  .transaction((transaction) => ({ items, tables })[what](transaction, file))
  .finally(() => knex.destroy())
  .catch((error) => {
    console.error(String(error).slice(-2000));
    process.exitCode = 1;
  });
