// Package document reads strict YAML files as nodes, and says everything that is wrong with one at once, each thing at its place.
//
//	text ──Parse──▶ *Node (one mapping) ──Entries──▶ the caller's own table of keys
//	                          │ every mistake: a Problem with its Origin, field, and what would have been right
//	                          ▼
//	                       Problems: file:line:col: field: problem (allowed: …)
//
// It is for files that people write: scenarios and target files. What the keys mean is for their packages; here is what they share: where a value stands,
// how a mistake is reported, and which word was probably meant.
//
// Aliases, merges and custom tags are left to the caller to refuse: nothing here resolves them, so no file can multiply itself.
package document
