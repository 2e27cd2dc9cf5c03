using System.Text.Json;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Transport;

namespace CleanRoom.Notification.Page;

/// <summary>Hands a member's view of the log on to its page, which verifies it. This service may see all entries; the member gets what ingestion would give it.</summary>
internal sealed class MemberLog(PinnedChannel ingestion)
{
    /// <summary>Writes items from a position up to the newest checkpoint, one JSON object a line: leaf, hash or checkpoint.</summary>
    public async Task WriteAsync(RoomId room, MemberId member, ulong from, Stream output, CancellationToken cancellationToken)
    {
        var client = new IngestionService.IngestionServiceClient(ingestion.CallInvoker);
        using var call = client.ReadEntries(new ReadEntriesRequest { Room = room.ToString(), From = from, Follow = false }, cancellationToken: cancellationToken);
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            var message = call.ResponseStream.Current;
            using (var writer = new Utf8JsonWriter(output))
            {
                writer.WriteStartObject();
                switch (message.MessageCase)
                {
                    case ReadEntriesResponse.MessageOneofCase.Entry when IsVisible(message.Entry.Leaf.Span, member):
                        writer.WriteString("leaf", message.Entry.Leaf.Span);
                        break;
                    case ReadEntriesResponse.MessageOneofCase.Entry:
                        writer.WriteString("hash", StrictBase64.EncodeUrl(message.Entry.LeafHash.Span));
                        break;
                    default:
                        writer.WriteString("checkpoint", message.Checkpoint.Note);
                        break;
                }

                writer.WriteEndObject();
                await writer.FlushAsync(cancellationToken);
            }

            output.WriteByte((byte)'\n');
        }
    }

    private static bool IsVisible(ReadOnlySpan<byte> leaf, MemberId member) =>
        SignedEntry.TryParse(leaf, out var entry, out _) && (entry.Entry.IsPublic || entry.Entry.Author == member);
}
