using CleanRoom.Protocol.Common.V1;
using CleanRoom.Protocol.Tests.Server;
using CleanRoom.Protocol.Tests.V1;
using CleanRoom.Transport;
using Google.Protobuf;
using Grpc.Core;

namespace CleanRoom.Protocol.Tests;

public sealed class ErrorTests
{
    private const string Canary = "CANARY-7f3a-Maria";

    public static TheoryData<ErrorReason> Reasons => [.. Enum.GetValues<ErrorReason>()];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Refusal_OverTheWire_KeepsReasonSentenceFieldAndRemedy()
    {
        await using var server = await TestServer.StartAsync();
        var client = new EchoService.EchoServiceClient(server.Connect().CallInvoker);

        var refusal = await Assert.ThrowsAsync<CleanRoomException>(
            async () => await client.SayAsync(new SayRequest { Behaviour = SayRequest.Types.Behaviour.Refuse }, cancellationToken: Token));

        Assert.Equal(ErrorReason.CharterExpired, refusal.Reason);
        Assert.Equal("The charter expired on 2026-01-01.", refusal.Message);
        Assert.Equal("charter", refusal.Field);
        Assert.Equal("Sign a newer one.", refusal.Remedy);
        var cause = Assert.IsType<RpcException>(refusal.InnerException);
        Assert.Equal(StatusCode.FailedPrecondition, cause.StatusCode);
        Assert.Equal("CharterExpired", ErrorDetail.Parser.ParseFrom(cause.Trailers.GetValueBytes(RpcErrors.TrailerKey)).Reason);
    }

    [Fact]
    public async Task UnknownException_OverTheWireAndInTheLog_SaysNothing()
    {
        await using var server = await TestServer.StartAsync();
        var client = new EchoService.EchoServiceClient(server.Connect().CallInvoker);

        var refusal = await Assert.ThrowsAsync<CleanRoomException>(async () => await client.SayAsync(
            new SayRequest { Text = Canary, Behaviour = SayRequest.Types.Behaviour.Throw }, cancellationToken: Token));

        Assert.Equal((ErrorReason.Internal, "Internal error."), (refusal.Reason, refusal.Message));
        Assert.Null(refusal.Field);
        Assert.Null(refusal.Remedy);
        var cause = Assert.IsType<RpcException>(refusal.InnerException);
        Assert.Equal(StatusCode.Internal, cause.StatusCode);
        Assert.DoesNotContain(cause.Trailers, entry => !entry.IsBinary && entry.Value.Contains(Canary, StringComparison.Ordinal));

        // It did leave a trace for the operator: the types, and where.
        Assert.Contains(server.Logs.Lines, line => line.Contains("System.InvalidOperationException < System.FormatException", StringComparison.Ordinal));
        Assert.Contains(server.Logs.Lines, line => line.Contains("EchoGrpcService.Say", StringComparison.Ordinal));
        Assert.DoesNotContain(server.Logs.Lines, line => line.Contains(Canary, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Reason_ThereAndBack_IsTheSame(ErrorReason reason)
    {
        var sent = RpcErrors.ToRpcException(new CleanRoomException(reason, "A sentence.", "a.field", "A remedy."));

        var received = RpcErrors.FromRpcException(sent);

        Assert.Equal((reason, "A sentence.", "a.field", "A remedy."), (received.Reason, received.Message, received.Field, received.Remedy));
        Assert.NotEqual(StatusCode.OK, sent.StatusCode);
        Assert.True(reason == ErrorReason.Internal || sent.StatusCode is not (StatusCode.Internal or StatusCode.Unknown), "a reason without a status code of its own");
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Overload_AlwaysSaysWhenToComeBack(ErrorReason reason)
    {
        var sent = RpcErrors.ToRpcException(new CleanRoomException(reason, "A sentence."));

        var hint = sent.Trailers.GetValue(RpcErrors.RetryKey);
        Assert.Equal(sent.StatusCode == StatusCode.ResourceExhausted, hint is not null);
        Assert.Equal(hint, RpcErrors.ToRpcException(RpcErrors.FromRpcException(sent)).Trailers.GetValue(RpcErrors.RetryKey));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1500", 1_500)]
    [InlineData("2147483647", 86_400_000)]
    [InlineData("-1", -1)]
    [InlineData("-0", -1)]
    [InlineData("1e3", -1)]
    [InlineData(" 5", -1)]
    [InlineData("99999999999999999999", -1)]
    [InlineData("", -1)]
    public void Hint_ThatIsNoNumberOfMilliseconds_MeansNoFurtherAttempt(string text, int milliseconds)
    {
        var received = RpcErrors.FromRpcException(
            new RpcException(new Status(StatusCode.ResourceExhausted, "Too much."), new Metadata { { RpcErrors.RetryKey, text } }));

        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), received.RetryAfter);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("NotFound, Internal")]
    [InlineData("notfound")]
    [InlineData("SomethingNew")]
    [InlineData("QuotaExceeded")]
    public void Trailer_WithAReasonThatIsUnknownOrDoesNotFitTheStatus_IsIgnored(string reason)
    {
        var trailers = new Metadata { { RpcErrors.TrailerKey, new ErrorDetail { Reason = reason, Field = "x" }.ToByteArray() } };

        var received = RpcErrors.FromRpcException(new RpcException(new Status(StatusCode.NotFound, "Gone."), trailers));

        Assert.Equal((ErrorReason.NotFound, "Gone."), (received.Reason, received.Message));
        Assert.Null(received.Field);
    }

    [Fact]
    public void Trailer_ThatIsNoMessageOrTooLong_IsIgnored()
    {
        foreach (var bytes in new byte[][] { [0xff, 0xff, 0xff], new ErrorDetail { Reason = "NotFound", Remedy = new string('r', 5_000) }.ToByteArray() })
        {
            var received = RpcErrors.FromRpcException(
                new RpcException(new Status(StatusCode.NotFound, string.Empty), new Metadata { { RpcErrors.TrailerKey, bytes } }));

            Assert.Equal(ErrorReason.NotFound, received.Reason);
            Assert.Null(received.Remedy);
        }
    }
}
