using CleanRoom.Cryptography;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace CleanRoom.Hosting;

/// <summary>What hosting logs: methods, keys, reasons, types of exceptions. Never a message of an exception, which may quote data.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Listening on {Address} with key {Key}.")]
    public static partial void Listening(ILogger logger, string address, KeyId key);

    [LoggerMessage(2, LogLevel.Error, "The file Server:AddressFile cannot be written ({ExceptionType}); stopping.")]
    public static partial void AddressFileFailed(ILogger logger, string exceptionType);

    [LoggerMessage(3, LogLevel.Information, "{Method} by {Peer} refused: {Reason} ({Status}).")]
    public static partial void Refused(ILogger logger, string method, KeyId? peer, Transport.ErrorReason reason, StatusCode status);

    [LoggerMessage(4, LogLevel.Error, "{Method} by {Peer} failed: {ExceptionTypes}. {Frames}")]
    public static partial void Failed(ILogger logger, string method, KeyId? peer, string exceptionTypes, string frames);

    [LoggerMessage(5, LogLevel.Debug, "{Method} by {Peer} ended early: {Status}.")]
    public static partial void EndedEarly(ILogger logger, string method, KeyId? peer, StatusCode status);

    [LoggerMessage(8, LogLevel.Debug, "A connection was closed: its key has as many as it may have.")]
    public static partial void TooManyConnections(ILogger logger);

    [LoggerMessage(6, LogLevel.Information, "Health is served on {Address}.")]
    public static partial void HealthListening(ILogger logger, string address);

    [LoggerMessage(7, LogLevel.Information, "Measurements are served on {Address}.")]
    public static partial void MetricsListening(ILogger logger, string address);
}
