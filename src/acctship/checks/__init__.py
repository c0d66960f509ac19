"""What `acctship check` looks at, one module for each kind of thing; nothing here changes anything or prints."""
