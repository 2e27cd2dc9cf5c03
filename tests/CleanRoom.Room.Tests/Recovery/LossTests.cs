using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Recovery;
using CleanRoom.Client;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Logs;
using CleanRoom.Client.Recovery;
using CleanRoom.Client.Uploads;
using CleanRoom.Demo;
using CleanRoom.Protocol.Matching.V1;
using CleanRoom.Room.Tests.Attacks;
using CleanRoom.Room.Tests.Rooms;
using CleanRoom.Transport;

namespace CleanRoom.Room.Tests.Recovery;

/// <summary>Cosigned entries are lost for good: nobody goes on until all contributors have signed, and then the whole room does (THREATS T5, ARCHITECTURE 7.7).</summary>
public sealed class LossTests(ITestOutputHelper output)
{
    [Fact]
    public async Task YesterdaysDatabase_AllContributorsSign_TheRoomGoesOnAndNothingOfTheGapIsUsedAgain()
    {
        var cases = Directory.CreateTempSubdirectory("cleanroom-cases-");
        var yesterday = Directory.CreateTempSubdirectory("cleanroom-yesterday-");
        try
        {
            var file = SmallCases.Write(cases.FullName, matching: true, SmallCases.PlainCase) with { Slots = 4 };
            await using var room = await WholeRoom.OpenAsync(file);
            var files = await CaseFile.ReadAllAsync(file, WholeRoom.Token);
            var address = room.Demo.Charter.Operator.Ingestion.Endpoint;
            var (alpha, bravo) = (SmallCases.Contributors[0], SmallCases.Contributors[1]);
            async Task RestartAsync() => await room.Services.StartAsync(
                ServiceKind.Ingestion, "ingestion", room.Demo.Folder("ingestion"), [$"--Server:Port={address.Port}"], WholeRoom.Token);
            Task<RoomClient> ConnectAsync(string member) => RoomClient.ConnectAsync(room.Demo.Profiles[member], room.Demo.Room, null, WholeRoom.Token);
            Task<RecoveryStatement> DraftAsync(IReadOnlyCollection<WitnessPosition> positions) =>
                RoomRecovery.DraftAsync(room.Demo.Profiles[alpha], room.Demo.Room, positions, "The disk was lost.", null, WholeRoom.Token);

            // Yesterday: records, and everybody was told.
            var told = await room.RunAsync();
            Assert.Contains(told[alpha], message => message is RoomMessage.MatchPointer);
            await room.Services.StopAsync("ingestion");
            SilentRoom.CopyFolder(room.Demo.Folder("ingestion"), yesterday.FullName);
            await RestartAsync();

            // Since then: a withdrawal, a revocation, a changed record, and epochs.
            using (var own = await ConnectAsync(alpha))
            {
                var uploader = new Uploader(own);
                Assert.Equal(1, await uploader.WithdrawAsync([files[0].Import.Rows[1].Record.ContributorRecordRef], WholeRoom.Token));
                var changed = files[0].Import with { Rows = [.. files[0].Import.Rows.Skip(2).Select(row => row with { Record = Changed(row.Record) })] };
                Assert.NotEmpty((await uploader.UploadAsync(changed, files[0].Manifest, null, WholeRoom.Token)).Batches);
            }

            using (var own = await ConnectAsync(bravo))
            {
                using var organisation = own.Profile.OpenOrganisationKey();
                var person = own.Profile.People.First(item => item.Roles.HasFlag(PersonRoles.Uploader));
                _ = await own.AppendAsync(
                    new PersonEntry(own.Room, EntryId.From(Guid.NewGuid()), own.Profile.Member, Revoke: true, person.Person, person.PublicKey, PersonRoles.None), organisation, WholeRoom.Token);
            }

            var before = await room.Demo.StatusAsync(WholeRoom.Token);
            await room.Demo.WaitAsync(status => status.Epoch >= before.Epoch + 2, "two epochs", WholeRoom.Token);
            var lastNumbers = new Dictionary<string, long>();
            foreach (var member in room.Demo.Brokered)
            {
                using var own = await ConnectAsync(member);
                lastNumbers[member] = own.State.NextNumber(own.Profile.Member) - 1;
            }

            // The loss. Whoever has seen more refuses, and the enclave stops.
            await room.Services.StopAsync("ingestion");
            var lost = await room.Demo.StatusAsync(WholeRoom.Token);
            Directory.Delete(room.Demo.Folder("ingestion"), recursive: true);
            SilentRoom.CopyFolder(yesterday.FullName, room.Demo.Folder("ingestion"));
            await RestartAsync();
            foreach (var member in room.Demo.Brokered)
            {
                var refused = await Assert.ThrowsAsync<CleanRoomException>(
                    () => RoomClient.ConnectAsync(room.Demo.Profiles[member], room.Demo.Room, new() { Fresh = false }, WholeRoom.Token));
                Assert.Equal(ErrorReason.LogRolledBack, refused.Reason);
                Assert.Contains("charter recover", refused.Remedy, StringComparison.Ordinal);
            }

            await room.Demo.WaitAsync(status => status.State == GetStatusResponse.Types.State.Halted, "the enclave to halt", WholeRoom.Token);

            // Every member says what its witness cosigned. Too few cannot be drafted, a wrong one is not signed, and what one has not signed is not taken.
            var positions = new List<WitnessPosition>();
            foreach (var member in room.Demo.Brokered)
            {
                positions.Add(await RoomRecovery.ReadPositionAsync(room.Demo.Profiles[member], room.Demo.Room, null, WholeRoom.Token));
            }

            await Assert.ThrowsAsync<ClientException>(() => DraftAsync(positions[..2]));
            var wrong = await DraftAsync([.. positions.Skip(1), positions[0] with { Last = positions[0].Last with { Size = positions[0].Last.Size + 1000 } }]);
            var notSigned = await Assert.ThrowsAsync<ClientException>(
                () => RoomRecovery.SignAsync(room.Demo.Profiles[alpha], SignedRecovery.Begin(wrong), "", null, WholeRoom.Token));
            output.WriteLine(notSigned.Message);
            var statement = await DraftAsync(positions);
            var signed = SignedRecovery.Begin(statement);
            foreach (var member in SmallCases.Contributors)
            {
                var missing = await Assert.ThrowsAsync<ClientException>(() => RoomRecovery.SubmitAsync(room.Demo.Profiles[alpha], signed, "", null, WholeRoom.Token));
                Assert.Contains(member, missing.Message, StringComparison.Ordinal);
                signed = await RoomRecovery.SignAsync(room.Demo.Profiles[member], signed, "", null, WholeRoom.Token);
            }

            var loss = RoomRecovery.Describe(room.Demo.Profiles[alpha], statement);
            output.WriteLine($"{loss.Entries} entries are lost; {alpha}: {string.Join(", ", loss.Own.Select(count => $"{count.Count} {count.Type}"))}");
            Assert.Equal(["batch", "release", "tombstone"], loss.Own.Select(count => count.Type).Union(["release"]).Order(StringComparer.Ordinal));
            var second = await Assert.ThrowsAsync<ClientException>(async () => await RoomRecovery.SignAsync(
                room.Demo.Profiles[alpha], SignedRecovery.Begin(Renamed(statement)), "", null, WholeRoom.Token));
            Assert.Contains("has signed another recovery", second.Message, StringComparison.Ordinal);
            Assert.False((await RoomRecovery.SubmitAsync(room.Demo.Profiles[alpha], signed, "", null, WholeRoom.Token)).Existed);

            // The log goes on, and everybody who has seen what is lost takes it. Nobody's keys are released yet.
            foreach (var member in room.Demo.Brokered)
            {
                using var own = await ConnectAsync(member);
                Assert.Equal(statement.Hash, own.State.LastRecovery!.Hash);
                Assert.Equal(1, own.Memory.Recovery);
                Assert.Equal(room.Demo.Brokered.Count, own.State.Held.Count);
                Assert.True(own.State.NextNumber(own.Profile.Member) > lastNumbers[member]);
                Assert.Null((await LogAudit.VerifyAsync(own, WholeRoom.Token)).Problem);
                Assert.True(Client.Rooms.KeptRoom.Open(own.Profile, own.Room).State.Size > 0);
            }

            // Each member says again what must not be forgotten, and resumes.
            foreach (var member in room.Demo.Brokered)
            {
                using var own = await ConnectAsync(member);
                var again = await RoomRecovery.ReappendAsync(own, WholeRoom.Token);
                output.WriteLine($"{member}: {again.Appended} again, {again.Batches} batches, {again.Records} records, refused: {string.Join(", ", again.Refused)}");
                Assert.Equal((member == alpha || member == bravo ? 1 : 0, member == alpha ? 6 : 0), (again.Appended, again.Records));
                Assert.Equal(again, (await RoomRecovery.ReappendAsync(own, WholeRoom.Token)) with { Records = again.Records, Refused = again.Refused });
                await RoomRecovery.ResumeAsync(own, "", WholeRoom.Token);
                await Assert.ThrowsAsync<ClientException>(() => RoomRecovery.ResumeAsync(own, "", WholeRoom.Token));
            }

            await room.Demo.WaitAsync(
                status => status.State == GetStatusResponse.Types.State.Running && status.Keys.Count == room.Demo.Brokered.Count && status.Epoch > lost.Epoch, "the enclave to go on", WholeRoom.Token);
            var running = await room.Demo.StatusAsync(WholeRoom.Token);
            output.WriteLine($"generation {lost.Generation} before, {running.Generation} now; epoch {lost.Epoch} before, {running.Epoch} now");
            Assert.True(running.Generation > lost.Generation);
            Assert.True(running.Epoch > lost.Epoch + 1);

            using (var own = await ConnectAsync(alpha))
            {
                // The withdrawn record stays withdrawn; the changed ones are sealed anew from the same file.
                Assert.Contains(own.State.Batches.Values, batch => batch.Withdrawn.Any());
                var changed = files[0].Import with { Rows = [.. files[0].Import.Rows.Skip(2).Select(row => row with { Record = Changed(row.Record) })] };
                var result = await new Uploader(own).UploadAsync(changed, files[0].Manifest, null, WholeRoom.Token);
                Assert.Equal(6, result.Plan.ToSend);
            }

            // The person who was revoked in the gap is revoked.
            using (var own = await ConnectAsync(bravo))
            {
                Assert.Contains(own.State.PersonsOf(own.Profile.Member), person => person.RevokedAt is not null);
            }

            // Messages go on without an alarm, under numbers that were never used. Notification looks at the log that it had refused every few seconds.
            foreach (var member in room.Demo.Brokered)
            {
                using var own = await ConnectAsync(member);
                await WaitForNotificationAsync(own);
                var taken = 0;
                await foreach (var item in new InboxReader(own).ReadAsync(follow: true, WholeRoom.Token))
                {
                    var message = Assert.IsType<InboxEvent.Received>(item).Message;
                    if (message.Number > lastNumbers[member] && ++taken > 2)
                    {
                        Assert.True(message.Epoch > (long)lost.Epoch);
                        break;
                    }
                }
            }
        }
        finally
        {
            cases.Delete(recursive: true);
            yesterday.Delete(recursive: true);
        }
    }

    private static async Task WaitForNotificationAsync(RoomClient own)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await new InboxReader(own).AcknowledgeAsync(0, WholeRoom.Token);
                return;
            }
            catch (CleanRoomException refusal) when (refusal.Reason is ErrorReason.LogForked or ErrorReason.LogRolledBack && attempt < 900)
            {
                await Task.Delay(200, WholeRoom.Token);
            }
        }
    }

    private static RecoveryStatement Renamed(RecoveryStatement statement) => RecoveryStatement.Create(
        statement.Room, statement.Number, statement.Charter, statement.Lost, statement.Surviving, statement.Until, "Another reason.");

    private static Records.V1.CaseRecord Changed(Records.V1.CaseRecord record)
    {
        var changed = record.Clone();
        changed.Persons[0].Occupation = "changed";
        return changed;
    }
}
