//! Metrics: handles made once per (route, method, status class), never label strings per request.
