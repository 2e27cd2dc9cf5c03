using System.Text;
using System.Text.Json;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Transport;
using Google.Protobuf;

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

    /// <summary>Appends what a person of the member signed: acts and second signatures, and nothing else.</summary>
    /// <returns>Its position.</returns>
    /// <exception cref="CleanRoomException">It is something else, or the log refuses it.</exception>
    public async Task<long> AppendAsync(RoomId room, MemberId member, string leaf, CancellationToken cancellationToken)
    {
        var bytes = Encoding.ASCII.GetBytes(leaf);
        if (!SignedEntry.TryParse(bytes, out var entry, out _) || entry.Entry is not (ActEntry or ConfirmEntry))
        {
            throw new CleanRoomException(ErrorReason.InvalidArgument, "The leaf is no act and no second signature.", "leaf", "Other entries are made with the command line.");
        }

        if (entry.Entry.Author != member || entry.Entry.Room != room)
        {
            throw new CleanRoomException(ErrorReason.PermissionDenied, "The leaf is another member's, or another room's.", "leaf", "Sign in as the member that acts.");
        }

        var client = new IngestionService.IngestionServiceClient(ingestion.CallInvoker);
        var response = await client.AppendAsync(new AppendRequest { Room = room.ToString(), Leaf = ByteString.CopyFrom(bytes) }, cancellationToken: cancellationToken);
        return (long)response.Index;
    }

    private static bool IsVisible(ReadOnlySpan<byte> leaf, MemberId member) =>
        SignedEntry.TryParse(leaf, out var entry, out _) && (entry.Entry.IsPublic || entry.Entry.Reader == member);
}
