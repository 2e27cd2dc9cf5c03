using System.Collections.Concurrent;
using System.Globalization;
using CleanRoom.Hosting;
using CleanRoom.Protocol.Tests.V1;
using CleanRoom.Transport;
using Grpc.Core;

namespace CleanRoom.Protocol.Tests.Server;

/// <summary>What the tests look at besides the answers.</summary>
public sealed class EchoState
{
    public ConcurrentQueue<string> Waiting { get; } = new();

    public ConcurrentQueue<string> Ended { get; } = new();

    public ConcurrentDictionary<string, int> Attempts { get; } = new();

    /// <summary>What a service that stumbles says.</summary>
    public Func<CleanRoomException> Refusal { get; set; } = static () => new(ErrorReason.Unavailable, "Not now.");
}

internal sealed class EchoGrpcService(EchoState state) : EchoService.EchoServiceBase
{
    public override async Task<SayResponse> Say(SayRequest request, ServerCallContext context)
    {
        switch (request.Behaviour)
        {
            case SayRequest.Types.Behaviour.Refuse:
                throw new CleanRoomException(ErrorReason.CharterExpired, "The charter expired on 2026-01-01.", "charter", "Sign a newer one.");
            case SayRequest.Types.Behaviour.Throw:
                throw new InvalidOperationException("quoted " + request.Text, new FormatException(request.Text));
            case SayRequest.Types.Behaviour.Wait:
                state.Waiting.Enqueue(request.Text);
                try
                {
                    await Task.Delay(Timeout.Infinite, context.CancellationToken);
                }
                finally
                {
                    state.Ended.Enqueue(request.Text);
                }

                break;
            case SayRequest.Types.Behaviour.Anonymous:
                return new SayResponse { Text = request.Text };
            case SayRequest.Types.Behaviour.Stumble when state.Attempts.AddOrUpdate(request.Text, 1, (_, count) => count + 1) <= 2:
                throw new CleanRoomException(ErrorReason.Unavailable, "Not now.");
        }

        return new SayResponse { Text = request.Text, Peer = context.GetPeerKey().ToString() };
    }

    public override async Task<SumResponse> Sum(IAsyncStreamReader<SumRequest> requestStream, ServerCallContext context)
    {
        var sum = 0L;
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            if (requestStream.Current.Number < 0)
            {
                throw new CleanRoomException(ErrorReason.OutOfRange, "A number is negative.", "number", "Send numbers from 0.");
            }

            sum += requestStream.Current.Number;
        }

        return new SumResponse { Sum = sum };
    }

    public override async Task Count(CountRequest request, IServerStreamWriter<CountResponse> responseStream, ServerCallContext context)
    {
        for (var i = 1; i <= request.Number; i++)
        {
            await responseStream.WriteAsync(new CountResponse { Number = i }, context.CancellationToken);
        }

        if (request.Number < 0)
        {
            throw new CleanRoomException(ErrorReason.NotFound, "There is nothing below zero.", "number");
        }
    }

    public override async Task Chat(
        IAsyncStreamReader<ChatRequest> requestStream, IServerStreamWriter<ChatResponse> responseStream, ServerCallContext context)
    {
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            await responseStream.WriteAsync(
                new ChatResponse { Text = requestStream.Current.Text.ToUpper(CultureInfo.InvariantCulture) }, context.CancellationToken);
        }
    }
}
