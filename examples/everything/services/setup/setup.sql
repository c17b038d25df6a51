CREATE TABLE IF NOT EXISTS notes (id BIGINT, text TEXT DEFAULT '{{ empty }}');
