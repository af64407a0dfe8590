package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/xuri/excelize/v2"

	"bihuan/office"
)

// workbooks measures reading the register as a workbook beside excelize: with the texts in the cells, as streams are written, and
// in a table of shared strings, as Excel and WPS save them.
func workbooks(dir string, n, turns int) error {
	planted := filepath.Join(dir, strconv.Itoa(n))
	self, err := os.Executable()
	if err != nil {
		return err
	}
	fmt.Print("\n| workbook | rows | program | seconds | CPU s | MiB | rows/s | times the first: seconds | MiB |\n| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, shared := range []bool{false, true} {
		name := filepath.Join(planted, map[bool]string{false: "inline.xlsx", true: "shared.xlsx"}[shared])
		// In a process of its own: a child starts with the peak of its parent.
		if _, err := os.Stat(name); err != nil {
			if out, err := exec.Command(self, "-make", name, "-n", strconv.Itoa(n)).CombinedOutput(); err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
		}
		readers := []string{"bihuan", "excelize"}
		runs := make([][]result, len(readers))
		for range turns {
			for i, reader := range readers {
				r, err := run(exec.Command(self, "-read", reader, name))
				if err != nil {
					return err
				}
				runs[i] = append(runs[i], r)
			}
		}
		for i, reader := range readers {
			m := median(runs[i])
			var ratios []float64
			for turn, r := range runs[i] {
				ratios = append(ratios, r.seconds/runs[0][turn].seconds)
			}
			slices.Sort(ratios)
			fmt.Printf("| %s | %d | %s | %.3f | %.3f | %.0f | %.0f | %.2f | %.2f |\n", filepath.Base(name), n, reader, m.seconds, m.cpu, m.mib, float64(n)/m.seconds, ratios[len(ratios)/2], m.mib/median(runs[0]).mib)
		}
		if a, b := runs[0][0].out, runs[1][0].out; a != b {
			return fmt.Errorf("the readers disagree: %s, %s", a, b)
		}
	}
	return nil
}

// makeAlone makes a register in the folder of a file, and turns it into that file if it is a workbook.
func makeAlone(name string, n int) error {
	dir := filepath.Dir(name)
	if _, err := makeRegister(dir, n, 1); err != nil || filepath.Ext(name) != ".xlsx" {
		return err
	}
	return makeWorkbook(filepath.Join(dir, "residents.csv"), name, filepath.Base(name) == "shared.xlsx")
}

// makeWorkbook turns the register into a workbook.
func makeWorkbook(from, to string, shared bool) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	f := excelize.NewFile()
	defer f.Close()
	var w *excelize.StreamWriter
	if !shared {
		if w, err = f.NewStreamWriter("Sheet1"); err != nil {
			return err
		}
	}
	r := csv.NewReader(bufio.NewReader(in))
	for i := 1; ; i++ {
		record, err := r.Read()
		if err != nil {
			break
		}
		if shared {
			if err := f.SetSheetRow("Sheet1", "A"+strconv.Itoa(i), &record); err != nil {
				return err
			}
			continue
		}
		cells := make([]any, len(record))
		for k, c := range record {
			cells[k] = c
		}
		if err := w.SetRow("A"+strconv.Itoa(i), cells); err != nil {
			return err
		}
	}
	if !shared {
		if err := w.Flush(); err != nil {
			return err
		}
	}
	unfinished := filepath.Join(filepath.Dir(to), "unfinished.xlsx")
	if err := f.SaveAs(unfinished); err != nil {
		return err
	}
	return os.Rename(unfinished, to)
}

// readAlone reads all cells of a workbook and prints how many rows there are and how long all texts are together.
func readAlone(reader, name string) error {
	rows, length := 0, 0
	switch reader {
	case "excelize":
		f, err := excelize.OpenFile(name)
		if err != nil {
			return err
		}
		defer f.Close()
		it, err := f.Rows("Sheet1")
		if err != nil {
			return err
		}
		for it.Next() {
			cells, err := it.Columns()
			if err != nil {
				return err
			}
			rows++
			for _, c := range cells {
				length += len(c)
			}
		}
	default:
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		g, err := office.OpenGrid(context.Background(), name, f, info.Size())
		if err != nil {
			return err
		}
		columns := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
		err = office.ScanGrid(g, 0, columns, func(b *office.Batch) ([2]int, error) {
			n := 0
			for i := range b.Len() {
				for k := range columns {
					n += len(b.Cell(i, k))
				}
			}
			return [2]int{b.Len(), n}, nil
		}, func(v [2]int) error {
			rows, length = rows+v[0], length+v[1]
			return nil
		})
		if err != nil {
			return err
		}
	}
	fmt.Println(rows, length)
	return nil
}
