using CleanRoom.Charter.Messages;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Protocol.Notification.V1;
using CleanRoom.Room.Tests.Rooms;

namespace CleanRoom.Room.Tests.Canaries;

/// <summary>THREATS T13: what the operator can count and measure is the same whether the contributors' records match or not.</summary>
public sealed class SizeTests(TappedRoom tapped, ITestOutputHelper output)
{
    private const string Deliver = "/cleanroom.notification.v1.NotificationService/Deliver";
    private const string Subscribe = "/cleanroom.notification.v1.NotificationService/Subscribe";
    private const string Upload = "/cleanroom.ingestion.v1.IngestionService/UploadBatch";

    [Fact]
    public async Task Frames_WithAndWithoutMatches_AreAsManyAndAsLongAtTheOperator()
    {
        var cases = Directory.CreateTempSubdirectory("cleanroom-cases-");
        try
        {
            var tap = new Tap();
            await using var room = await TappedRoom.OpenAsync(TappedRoom.WriteWithoutMatches(cases.FullName), tap, recorder: null);
            var told = await room.RunAsync();
            Assert.All(told.Values.SelectMany(messages => messages), message => Assert.True(message is RoomMessage.Head or RoomMessage.Empty, message.Kind));
            Assert.Contains(tapped.Told.Values.SelectMany(messages => messages), message => message is RoomMessage.Notice);

            foreach (var read in new[] { Delivered, Subscribed })
            {
                var (with, without) = (read(tapped.Exchanges), read(tap.Exchanges));
                var epochs = Math.Min(with.Keys.Max(key => key.Epoch), without.Keys.Max(key => key.Epoch));
                Assert.True(epochs >= 3, $"{epochs} epochs");
                Assert.Equal(with.Where(frame => frame.Key.Epoch < epochs).Order(Order), without.Where(frame => frame.Key.Epoch < epochs).Order(Order));
                foreach (var epoch in with.Where(frame => frame.Key.Epoch < epochs).GroupBy(frame => (frame.Key.Recipient, frame.Key.Epoch)))
                {
                    Assert.Equal(room.File.Slots, epoch.Count());
                    Assert.Single(epoch.Select(frame => frame.Value.Ciphertext).Distinct());
                }

                output.WriteLine($"{with.Count} and {without.Count} frames, {epochs - 1} whole epochs of {room.Demo.Brokered.Count} recipients compared");
            }

            Assert.Equal(Uploaded(tapped.Exchanges), Uploaded(tap.Exchanges));
        }
        finally
        {
            cases.Delete(recursive: true);
        }
    }

    private static Comparer<KeyValuePair<(string Recipient, long Epoch, long Number), (int Header, int Ciphertext, int Path)>> Order { get; } =
        Comparer<KeyValuePair<(string Recipient, long Epoch, long Number), (int Header, int Ciphertext, int Path)>>.Create((one, other) => one.Key.CompareTo(other.Key));

    private static Dictionary<(string Recipient, long Epoch, long Number), (int Header, int Ciphertext, int Path)> Delivered(IEnumerable<Exchange> exchanges) =>
        Measure(exchanges.Where(exchange => exchange.Method == Deliver).SelectMany(exchange => Exchange.Messages(exchange.RequestBytes))
            .Select(message => DeliverRequest.Parser.ParseFrom(message.Span).Frame));

    private static Dictionary<(string Recipient, long Epoch, long Number), (int Header, int Ciphertext, int Path)> Subscribed(IEnumerable<Exchange> exchanges) =>
        Measure(exchanges.Where(exchange => exchange.Method == Subscribe).SelectMany(exchange => Exchange.Messages(exchange.ResponseBytes))
            .Select(message => SubscribeResponse.Parser.ParseFrom(message.Span).Frame));

    private static Dictionary<(string Recipient, long Epoch, long Number), (int Header, int Ciphertext, int Path)> Measure(IEnumerable<Frame> frames)
    {
        var sizes = new Dictionary<(string, long, long), (int, int, int)>();
        foreach (var frame in frames)
        {
            Assert.True(FrameHeader.TryParse(frame.Header, out var header, out _));
            sizes[(header.Recipient.Value, header.Epoch, header.Number)] = (frame.Header.Length, frame.Ciphertext.Length, frame.Path.Count);
        }

        return sizes;
    }

    /// <summary>Lengths of the sealed parts, in order, by upload in the order of the files.</summary>
    private static List<int> Uploaded(IEnumerable<Exchange> exchanges)
    {
        var parts = new List<int>();
        foreach (var exchange in exchanges.Where(exchange => exchange.Method == Upload))
        {
            // Records take their slots in random order: sizes are compared upload by upload, not slot by slot.
            parts.AddRange(Exchange.Messages(exchange.RequestBytes).Select(message => UploadBatchRequest.Parser.ParseFrom(message.Span))
                .Where(request => request.Chunk is not null).GroupBy(request => request.Chunk.Part).Select(part => part.Sum(request => request.Chunk.Data.Length)).Order());
        }

        return parts;
    }
}
