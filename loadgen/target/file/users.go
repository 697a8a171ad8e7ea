package file

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"pushbench/scenarios/document"
)

// Users is a table with a row for each client.
type Users struct {
	columns []string
	rows    [][]string
	// Repeat says that rows are used again where there are more clients.
	Repeat bool
	file   string
}

// usersAt is where the table is.
type usersAt struct {
	file   string
	repeat bool
}

var columnName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// MaxUsersSize is the most bytes that a users' table may have.
const MaxUsersSize = 256 << 20

// headerForm says what the first line of a table is for.
const headerForm = "a first line of names such as id,token, each once, of letters, digits, _ and -"

// parseUsers reads a table, whose first line names the columns. Problems quote no cell, and no name: without that line the first client's values stand there.
func parseUsers(name string, data []byte) (*Users, document.Problems) {
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	records, err := reader.ReadAll()
	fail := func(line int, problem, allowed string) (*Users, document.Problems) {
		return nil, document.Problems{{Origin: document.Origin{File: name, Line: line, Column: 1}, Problem: problem, Allowed: allowed}}
	}
	if err != nil {
		line, reason := 1, err
		if e, ok := errors.AsType[*csv.ParseError](err); ok {
			line, reason = e.Line, e.Err
		}
		return fail(line, fmt.Sprintf("is not CSV: %v", reason), "a line of names, then a line for each client with as many values")
	}
	if len(records) < 2 {
		return fail(1, "has no rows", "a line of names, then a line for each client")
	}
	u := &Users{columns: records[0], rows: records[1:], file: name}
	for i, c := range u.columns {
		if !columnName.MatchString(c) {
			return fail(1, fmt.Sprintf("has a column %d whose name is not one", i+1), headerForm)
		}
		if first := slices.Index(u.columns, c); first < i {
			return fail(1, fmt.Sprintf("has the same name for columns %d and %d: is the first line the names?", first+1, i+1), headerForm)
		}
	}
	return u, nil
}

// Len is how many rows there are.
func (u *Users) Len() int { return len(u.rows) }

// Value is a client's value in a column, which must be one of the table's.
func (u *Users) Value(client int, column string) string {
	return u.rows[client%len(u.rows)][slices.Index(u.columns, column)]
}

// Check says whether there are enough rows for so many clients.
func (u *Users) Check(clients int) error {
	if u == nil || u.Repeat || clients <= len(u.rows) {
		return nil
	}
	return fmt.Errorf("%s has %d rows, and %d clients need one each: add rows, use fewer clients, or say users: {file: …, repeat: true}", u.file, len(u.rows), clients)
}

// variables are what templates may say of a client's row.
func (u *Users) variables() []string {
	if u == nil {
		return nil
	}
	names := make([]string, len(u.columns))
	for i, c := range u.columns {
		names[i] = userPrefix + c
	}
	return names
}

// UserColumn is the column that a variable means; ok is false if it is another kind of variable.
func UserColumn(variable string) (column string, ok bool) {
	return strings.CutPrefix(variable, userPrefix)
}
