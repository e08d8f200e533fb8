// What reads tables: one part of the package, loaded when the first table is read.
export { csvTable } from './csv-table.js'
export { jsonLinesTable } from './json-lines-table.js'
export { RowsReader, rowsTable } from './rows-table.js'
