"""What a batch looks like in numbers: taken as it lands, kept in the ledger, read for anomalies and for profiles."""
