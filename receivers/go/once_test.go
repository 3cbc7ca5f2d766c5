package kayle

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
)

func TestOfFiftySimultaneousRepeatsOneIsHandled(t *testing.T) {
	sql.Register("rows", &rows{ids: map[string]bool{}})
	db, err := sql.Open("rows", "")
	if err != nil {
		t.Fatal(err)
	}
	once := SQLOnce{DB: db}
	failure := errors.New("no")
	if _, err := once.Run(context.Background(), "evt_1", func(*sql.Tx) error { return failure }); err != failure {
		t.Fatal(err)
	}
	var done, handled int64
	var group sync.WaitGroup
	for count := 0; count < 50; count++ {
		group.Add(1)
		go func() {
			defer group.Done()
			first, err := once.Run(context.Background(), "evt_1", func(*sql.Tx) error {
				atomic.AddInt64(&done, 1)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			if first {
				atomic.AddInt64(&handled, 1)
			}
		}()
	}
	group.Wait()
	if done != 1 || handled != 1 {
		t.Errorf("done %d times, handled %d times", done, handled)
	}
}

// rows is a database of one table with a unique column, one transaction at a time.
type rows struct {
	turn sync.Mutex
	ids  map[string]bool
}

type rowsConn struct {
	rows     *rows
	inserted []string
}

func (r *rows) Open(string) (driver.Conn, error) { return &rowsConn{rows: r}, nil }

func (c *rowsConn) Begin() (driver.Tx, error) {
	c.rows.turn.Lock()
	c.inserted = nil
	return c, nil
}

func (c *rowsConn) Commit() error {
	c.rows.turn.Unlock()
	return nil
}

func (c *rowsConn) Rollback() error {
	for _, id := range c.inserted {
		delete(c.rows.ids, id)
	}
	c.rows.turn.Unlock()
	return nil
}

func (c *rowsConn) Prepare(string) (driver.Stmt, error) { return c, nil }
func (c *rowsConn) Close() error                        { return nil }
func (c *rowsConn) NumInput() int                       { return 1 }

func (c *rowsConn) Exec(arguments []driver.Value) (driver.Result, error) {
	id := arguments[0].(string)
	if c.rows.ids[id] {
		return driver.RowsAffected(0), nil
	}
	c.rows.ids[id] = true
	c.inserted = append(c.inserted, id)
	return driver.RowsAffected(1), nil
}

func (c *rowsConn) Query([]driver.Value) (driver.Rows, error) { return nil, io.EOF }
