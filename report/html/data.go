package html

import (
	"encoding/json"
	"math"
	"strconv"

	"pushbench/report/review"
)

// data is what the page's script draws from, as JSON.
type data struct {
	Arms   []arm                `json:"arms"`
	Tables map[string]dataTable `json:"tables"`
}

// dataTable is a table by column: numbers in base units, null for what is unknown; of a column of words the texts.
type dataTable struct {
	Kind    kind         `json:"kind"`
	Columns []dataColumn `json:"columns"`
	// Arms are the rows' arms, where rows tell them.
	Arms []int `json:"arms,omitempty"`
}

type dataColumn struct {
	Title string   `json:"title"`
	Unit  string   `json:"unit,omitempty"`
	Size  float64  `json:"size"`
	Arm   int      `json:"arm"`
	N     []number `json:"n,omitempty"`
	// Words are the texts by their place in Dictionary: there are few different ones.
	Words      []int    `json:"w,omitempty"`
	Dictionary []string `json:"dict,omitempty"`
	// FirstRough is the row from which on numbers are carried by too few samples, −1 for none.
	FirstRough int `json:"rough"`
}

// number is written with six significant digits, unknown as null.
type number float64

// MarshalJSON implements json.Marshaler.
func (n number) MarshalJSON() ([]byte, error) {
	v := float64(n)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	if v == math.Trunc(v) && math.Abs(v) < 1e6 {
		return strconv.AppendInt(nil, int64(v), 10), nil
	}
	return strconv.AppendFloat(nil, v, 'g', 6, 64), nil
}

var _ json.Marshaler = number(0)

func newDataTable(t review.Table, k kind) dataTable {
	out := dataTable{Kind: k}
	told := false
	for _, r := range t.Rows {
		out.Arms = append(out.Arms, r.Arm)
		told = told || r.Arm >= 0
	}
	if !told {
		out.Arms = nil
	}
	for i, c := range t.Columns {
		out.Columns = append(out.Columns, newDataColumn(t, i, c))
	}
	return out
}

func newDataColumn(t review.Table, i int, c review.Column) dataColumn {
	out := dataColumn{Title: c.Title, Unit: c.Unit, Size: c.Size, Arm: c.Arm, FirstRough: -1}
	if c.Words {
		place := map[string]int{}
		for _, r := range t.Rows {
			text := r.Cells[i].Text
			if _, known := place[text]; !known {
				place[text] = len(out.Dictionary)
				out.Dictionary = append(out.Dictionary, text)
			}
			out.Words = append(out.Words, place[text])
		}
		return out
	}
	for n, r := range t.Rows {
		v := r.Cells[i]
		if v.Rough && out.FirstRough < 0 {
			out.FirstRough = n
		}
		out.N = append(out.N, known(v))
	}
	return out
}

func known(v review.Value) number {
	if !v.Known {
		return number(math.NaN())
	}
	return number(v.Number)
}
