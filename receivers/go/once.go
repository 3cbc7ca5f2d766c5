package kayle

import (
	"context"
	"database/sql"
	"fmt"
)

// SQLOnce handles each event once: it inserts the event's id and does the work in one transaction, and
// the table's unique constraint decides between simultaneous repeats.
//
//	CREATE TABLE kayle_events (event_id text PRIMARY KEY,
//	                           handled_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP)
//
// Delete rows that are older than 30 days.
type SQLOnce struct {
	DB *sql.DB
	// Table is kayle_events, if empty.
	Table string
	// Placeholder is the driver's: $1, if empty.
	Placeholder string
}

// Run does the work, in the transaction, unless it was done before. It returns whether it was done.
func (o SQLOnce) Run(ctx context.Context, eventID string, work func(*sql.Tx) error) (bool, error) {
	transaction, err := o.DB.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	// After a commit this does nothing.
	defer transaction.Rollback()
	result, err := transaction.ExecContext(ctx, o.insert(), eventID)
	if err != nil {
		return false, err
	}
	if inserted, err := result.RowsAffected(); err != nil || inserted == 0 {
		return false, err
	}
	if err := work(transaction); err != nil {
		return false, err
	}
	return true, transaction.Commit()
}

func (o SQLOnce) insert() string {
	table, placeholder := o.Table, o.Placeholder
	if table == "" {
		table = "kayle_events"
	}
	if placeholder == "" {
		placeholder = "$1"
	}
	return fmt.Sprintf("INSERT INTO %s (event_id) VALUES (%s) ON CONFLICT DO NOTHING", table, placeholder)
}
