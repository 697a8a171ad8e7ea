package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/rogpeppe/go-internal/testscript"

	"pushbench/results"
)

const runJSONUsage = `usage: runjson [-f FILE] valid
       runjson [-f FILE] PATH OP VALUE     OP is == != < <= > >=
       runjson [-f FILE] PATH has VALUE
       runjson [-f FILE] PATH same|absent
       runjson [-f FILE] PATH as VARIABLE`

// runJSON asserts something about a run file, by default the one on standard output. "valid" holds it against the published schema and proves its
// accounting. A PATH such as cells.0.delivery.missed may have * for every element and end in len for a length; every value it leads to must satisfy
// the operator, and there must be one; of "has" one of them must be the value, wherever among others it stands: which warnings a machine adds is its own affair.
// PATH+PATH is the sum of two.
func runJSON(ts *testscript.TestScript, neg bool, args []string) {
	file := "stdout"
	if len(args) > 1 && args[0] == "-f" {
		file, args = args[1], args[2:]
	}
	if neg || len(args) < 1 || len(args) > 3 {
		ts.Fatalf("%s", runJSONUsage)
	}
	text := []byte(ts.ReadFile(file))
	if args[0] == "valid" {
		ts.Check(validRun(text))
		return
	}
	var document any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	ts.Check(decoder.Decode(&document))
	ts.Check(holds(ts, evaluate(document, args[0]), args))
}

// runSchema is the schema of run files, ready to hold one against.
var runSchema = sync.OnceValues(func() (*jsonschema.Resolved, error) {
	var schema jsonschema.Schema
	if err := json.Unmarshal(results.RunSchema, &schema); err != nil {
		return nil, err
	}
	return schema.Resolve(nil)
})

// validRun checks a run file against the schema and the identities that every cell and round must fulfil.
func validRun(text []byte) error {
	resolved, err := runSchema()
	if err != nil {
		return err
	}
	var instance any
	if err := json.Unmarshal(text, &instance); err != nil {
		return fmt.Errorf("not one JSON document: %w", err)
	}
	if err := resolved.Validate(instance); err != nil {
		return err
	}
	var run results.Run
	if err := json.Unmarshal(text, &run); err != nil {
		return err
	}
	return accounted(run)
}

func accounted(run results.Run) error {
	for _, c := range run.Cells {
		if err := results.CheckAccounting(c.Measured); err != nil {
			return fmt.Errorf("%s: %w", c.Transport, err)
		}
		for _, r := range c.Rounds {
			if err := results.CheckAccounting(r.Measured); err != nil {
				return fmt.Errorf("%s, round %d: %w", c.Transport, r.Index, err)
			}
		}
	}
	return nil
}

// evaluate returns every value at a path, or the one sum of what is at several.
func evaluate(document any, expression string) []any {
	paths := strings.Split(expression, "+")
	if len(paths) == 1 {
		return lookUp(document, strings.Split(expression, "."))
	}
	var sum int64
	for _, path := range paths {
		values := lookUp(document, strings.Split(path, "."))
		if len(values) == 0 {
			return nil
		}
		for _, v := range values {
			n, err := strconv.ParseInt(fmt.Sprint(v), 10, 64)
			if err != nil {
				return nil
			}
			sum += n
		}
	}
	return []any{sum}
}

// lookUp returns every value at a path.
func lookUp(v any, path []string) []any {
	if len(path) == 0 {
		return []any{v}
	}
	key, rest := path[0], path[1:]
	switch v := v.(type) {
	case map[string]any:
		if inner, ok := v[key]; ok {
			return lookUp(inner, rest)
		}
	case []any:
		if key == "len" {
			return []any{json.Number(strconv.Itoa(len(v)))}
		}
		if key == "*" {
			var all []any
			for _, inner := range v {
				all = append(all, lookUp(inner, rest)...)
			}
			return all
		}
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(v) {
			return lookUp(v[i], rest)
		}
	}
	return nil
}

// holds says what is wrong with the values at args[0], given the operator and what follows it.
func holds(ts *testscript.TestScript, values []any, args []string) error {
	path, operator, operand := args[0], append(args, "")[1], append(args, "", "")[2]
	switch {
	case operator == "absent" && len(values) > 0:
		return fmt.Errorf("%s is %v, want none", path, values)
	case operator == "absent":
		return nil
	case len(values) == 0:
		return fmt.Errorf("there is no %s", path)
	case operator == "as":
		ts.Setenv(operand, fmt.Sprint(values[0]))
		return nil
	case operator == "same":
		operator, operand = "==", fmt.Sprint(values[0])
	case operator == "has" && !slices.ContainsFunc(values, func(v any) bool { return fmt.Sprint(v) == operand }):
		return fmt.Errorf("%s is %v, want %s among them", path, values, operand)
	case operator == "has":
		return nil
	}
	for _, v := range values {
		if ok, err := compares(fmt.Sprint(v), operator, operand); err != nil {
			return err
		} else if !ok {
			return fmt.Errorf("%s is %v, want %s %s", path, values, operator, operand)
		}
	}
	return nil
}

// compares applies an operator: == and != to texts, the others to numbers.
func compares(have, operator, want string) (bool, error) {
	switch operator {
	case "==":
		return have == want, nil
	case "!=":
		return have != want, nil
	}
	a, errA := strconv.ParseFloat(have, 64)
	b, errB := strconv.ParseFloat(want, 64)
	if errA != nil || errB != nil {
		return false, fmt.Errorf("%q %s %q: not numbers", have, operator, want)
	}
	switch operator {
	case "<":
		return a < b, nil
	case "<=":
		return a <= b, nil
	case ">":
		return a > b, nil
	case ">=":
		return a >= b, nil
	}
	return false, fmt.Errorf("unknown operator %q\n%s", operator, runJSONUsage)
}
