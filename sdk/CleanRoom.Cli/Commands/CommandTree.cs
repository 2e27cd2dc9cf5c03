using System.CommandLine;
using CleanRoom.Cli.Output;

namespace CleanRoom.Cli.Commands;

/// <summary>All commands.</summary>
internal static class CommandTree
{
    public static RootCommand Create()
    {
        var root = new RootCommand("Takes part in clean rooms: keys, charters, sealed upload, receipts, inbox, log.\n\n" + ExitCodes.Table)
        {
            InitCommand.Create(),
            StatusCommand.Create(),
            KeysCommands.Create(),
            CharterCommands.Create(),
            RoomCommands.Create(),
            RecordsCommands.Create(),
            ReceiptsCommands.Create(),
            InboxCommands.Create(),
            ConsentCommands.Create(),
            MatchCommands.Create(),
            DisclosureCommands.Create(),
            WatchCommands.Create(),
            AuditCommands.Create(),
            LogCommands.Create(),
            EvidenceCommands.Create(),
            CollateralCommands.Create(),
            LinkCommands.Create(),
            BrokerCommands.Create(),
        };
        root.Subcommands.Add(CompletionCommand.Create(root));
        root.Subcommands.Add(ManCommand.Create(root));
        root.Options.Add(Common.Json);
        root.Options.Add(Common.Lang);
        root.Options.Add(Common.Home);
        root.Options.Add(Common.Member);
        root.Options.Add(Common.Room);
        root.Options.Add(Common.PassphraseFile);
        root.Options.Add(Common.Ingestion);
        root.Options.Add(Common.Notification);
        root.Options.Add(Common.Broker);
        return root;
    }
}
