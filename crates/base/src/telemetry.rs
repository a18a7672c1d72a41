//! Logs and traces: JSON lines through a bounded writer, W3C context, OTLP when configured.
