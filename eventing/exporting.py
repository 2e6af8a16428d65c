"""Where spans and measures go: Application Insights, a collector, or nowhere.

Nothing here is imported unless a setting names a place: the SDK and the exporters take a third of a
second to import. Source of the settings' names: the OpenTelemetry environment variable
specification, and "Configure Application Insights" of Azure Functions.
"""

import os
from collections.abc import Mapping, Sequence

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from eventing.telemetry import SWITCH

EVERY = 30_000.0
"""Milliseconds between two exports of measures."""


def export(processors: Sequence[SpanProcessor], readers: Sequence[MetricReader], app: str) -> None:
    """Send spans to the processors and measures to the readers, from now on and for good."""
    resource = Resource.create({"service.name": app})
    tracers = TracerProvider(resource=resource)
    for processor in processors:
        tracers.add_span_processor(processor)
    trace.set_tracer_provider(tracers)
    metrics.set_meter_provider(MeterProvider(readers, resource))
    SWITCH.on = True


def start(environment: Mapping[str, str] = os.environ) -> None:
    """Export to every place that the settings name."""
    processors: list[SpanProcessor] = []
    readers: list[MetricReader] = []
    if environment.get("APPLICATIONINSIGHTS_CONNECTION_STRING"):
        from azure.monitor.opentelemetry.exporter import (
            AzureMonitorMetricExporter,
            AzureMonitorTraceExporter,
        )

        processors.append(BatchSpanProcessor(AzureMonitorTraceExporter()))
        measures = AzureMonitorMetricExporter()
        readers.append(PeriodicExportingMetricReader(measures, EVERY))
    if any(name.startswith("OTEL_EXPORTER_OTLP_") for name in environment):
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        processors.append(BatchSpanProcessor(OTLPSpanExporter()))
        readers.append(PeriodicExportingMetricReader(OTLPMetricExporter(), EVERY))
    export(processors, readers, environment.get("WEBSITE_SITE_NAME") or "eventing")
