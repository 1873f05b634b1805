// Aggregates in DuckDB, in process, two threads: node peer_aggregates.mjs DBFILE SECONDS
// Prints a line each time: query, release, milliseconds; the first time of a release the rows as well.
import { DuckDBInstance } from '@duckdb/node-api';
const [, , file, seconds] = process.argv;
const known = 'SELECT series_id, period, arg_max(value, release_seq) AS v FROM obs WHERE release_seq <= $1';
const queries = {
  section: `SELECT (sum(v) FILTER (period >= $1 - 12))::BIGINT AS now, (sum(v) FILTER (period < $1 - 12))::BIGINT AS before
    FROM (${known} AND period >= $1 - 24 AND period < $1 GROUP BY ALL) GROUP BY series_id
    HAVING count(*) FILTER (period >= $1 - 12) = 12 AND count(*) FILTER (period < $1 - 12) = 12`,
  sum: `WITH w AS (SELECT period, sum(v) OVER t AS s, count(*) OVER t AS n FROM (${known} GROUP BY ALL)
      WINDOW t AS (PARTITION BY series_id ORDER BY period RANGE BETWEEN 11 PRECEDING AND CURRENT ROW)),
    m AS (SELECT period, sum(s)::BIGINT AS s FROM w WHERE n = 12 GROUP BY period)
    SELECT a.s AS now, b.s AS before FROM m a JOIN m b ON b.period = a.period - 12 ORDER BY a.period`,
};
const releases = { section: [60, 70, 80, 90, 100], sum: [110] };
const database = await DuckDBInstance.create(file, { threads: '2' });
const connection = await database.connect();
for (const [name, sql] of Object.entries(queries)) {
  const statement = await connection.prepare(sql);
  const end = performance.now() + 1000 * Number(seconds);
  const told = new Set();
  for (let i = 0; i < releases[name].length + 1 || performance.now() < end; ++i) {
    const release = releases[name][i % releases[name].length];
    statement.bindInteger(1, release);
    const start = performance.now();
    const rows = (await statement.runAndReadAll()).getRows();
    const line = { query: name, release, ms: performance.now() - start };
    if (!told.has(release)) line.rows = rows.map((row) => row.map(String));
    told.add(release);
    console.log(JSON.stringify(line));
  }
}
process.exit(0);
